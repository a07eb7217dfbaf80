from pathlib import Path

from serving.archive import sources
from serving.benchmarks.archive import make_archive
from serving.inputs import Columns


def test_the_archive_has_every_article_in_files_of_every_kind(tmp_path: Path) -> None:
    make_archive([f"رفض حفتر الهدنة {n}، «والسلام»." for n in range(20)], 100, tmp_path / "archive")
    given = sources([str(tmp_path / "archive")], Columns())
    articles = [found for source in given for _, found in source.articles()]
    assert len({source.path.suffix for source in given}) >= 6
    assert [article.id for article in articles] == [f"article-{n}" for n in range(100)]
    assert all(article.date and article.text.count("\n") >= 2 for article in articles)
