"""What an operator can set, each by an environment variable ``HUDNA_<NAME>`` (docs/service.md)."""

from pathlib import Path
from typing import Any

from pydantic import Field, PositiveFloat, PositiveInt, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models import SHIPPED_CHECKPOINT
from models.errors import InputError

__all__ = ["Settings"]


class Settings(BaseSettings):
    """The service's settings; sizes in bytes, pieces or counts, times in seconds.

    Raises:
        InputError: one cannot be used.
    """

    model_config = SettingsConfigDict(env_prefix="HUDNA_", frozen=True)

    checkpoint: Path = Field(default=SHIPPED_CHECKPOINT, description="A checkpoint folder.")
    device: str = Field(
        default="auto", description="auto, cpu or cuda; with a number format: cpu:float32."
    )
    max_body_bytes: PositiveInt = Field(default=16 * 2**20, description="Largest request body.")
    max_articles: PositiveInt = Field(
        default=256, description="Articles, or sentences to classify, a call."
    )
    max_sentences: PositiveInt = Field(default=5_000, description="Sentences an article.")
    max_actors: PositiveInt = Field(default=64, description="Actors a sentence to classify.")
    max_article_actors: PositiveInt = Field(
        default=128, description="Different actors that an article may name."
    )
    batch_tokens: PositiveInt | None = Field(
        default=None, description="Padded pieces a pass of the network; by default as the device likes."
    )
    queue_tokens: PositiveInt = Field(
        default=120_000,
        description="Pieces that may be waiting in all; a call that would add more is refused.",
    )
    deadline: PositiveFloat = Field(default=30.0, description="Seconds for a call that names none.")
    max_deadline: PositiveFloat = Field(
        default=120.0, validate_default=True, description="Most seconds that a call may ask for."
    )
    keys: Path | None = Field(
        default=None, description="The file of API keys; without one, no key is asked."
    )
    rate: str = Field(
        default="",
        description="Calls, or articles of streams, of a key, as «600/minute»; empty is no limit.",
    )
    log_bodies: bool = Field(
        default=False, description="Whether the log holds the bodies of calls too, to find a fault."
    )
    feedback: str = Field(
        default="sqlite:///hudna-feedback.sqlite",
        description="The database of corrections, by its SQLAlchemy URL.",
    )

    @field_validator("max_deadline")
    @classmethod
    def _is_the_most(cls, seconds: float, told: ValidationInfo) -> float:
        if seconds < told.data.get("deadline", 0.0):
            raise ValueError("it is less than HUDNA_DEADLINE")
        return seconds

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            name = f"HUDNA_{fault['loc'][0]}".upper()
            raise InputError(f"{name} is {fault['input']!r}: {fault['msg']}.") from None
