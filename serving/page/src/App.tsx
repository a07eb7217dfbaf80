import { useEffect } from "preact/hooks";

import { Actors } from "./Actors";
import { Comparison } from "./Comparison";
import { Exports } from "./Exports";
import { Intake } from "./Intake";
import { KeyDialog } from "./KeyDialog";
import { Matrix } from "./Matrix";
import { Picture } from "./Picture";
import { Progress } from "./Progress";
import { Reading } from "./Reading";
import { Sentences } from "./Sentences";
import { entries, isKeyAsked, view, type View } from "./state";
import { TargetChoice } from "./TargetChoice";
import { isDark, turn } from "./theme";
import { Timeline } from "./Timeline";
import { Unstored } from "./Unstored";
import { language, speak, words } from "./words";

const VIEWS: View[] = ["read", "actors", "matrix", "time", "compare"];

/** The whole page. */
export function App() {
  const w = words.value;
  useEffect(() => {
    document.documentElement.lang = language.value;
    document.documentElement.dir = language.value === "ar" ? "rtl" : "ltr";
    document.title = `${w.name} · ${w.motto}`;
  }, [language.value]);
  return (
    <>
      {entries.value.length > 0 && <a class="skip" href="#results">{w.skip}</a>}
      <header class="masthead">
        <h1>
          {w.name} <small>{w.motto}</small>
        </h1>
        <div class="row">
          <button class="quiet" onClick={() => (isKeyAsked.value = true)}>{w.key}</button>
          <button class="quiet" onClick={turn}>{isDark.value ? w.light : w.dark}</button>
          <button class="quiet" lang={language.value === "ar" ? "en" : "ar"} onClick={() => speak(language.value === "ar" ? "en" : "ar")}>
            {w.otherLanguage}
          </button>
        </div>
      </header>
      <main>
        <Intake />
        <Progress />
        <Unstored />
        {entries.value.length > 0 && <Results />}
      </main>
      <footer>
        <p>{w.caution}</p>
        <p>{w.local}</p>
      </footer>
      <Sentences />
      <KeyDialog />
    </>
  );
}

function Results() {
  const w = words.value;
  const shown = view.value;
  return (
    <section class="results" id="results" tabIndex={-1} aria-label={w.results}>
      <div class="bar">
        <nav class="tabs" aria-label={w.views}>
          {VIEWS.map((each) => (
            <button key={each} aria-current={shown === each ? "page" : undefined} onClick={() => (view.value = each)}>
              {w[each]}
            </button>
          ))}
        </nav>
        <Exports />
      </div>
      {shown === "read" && <Reading />}
      {shown === "actors" && <Actors />}
      {shown === "matrix" && <Picture name="matrix" missing={w.noTable} draw={Matrix} />}
      {shown === "time" && <Picture name="timeline" missing={w.undated} draw={Timeline}><TargetChoice /></Picture>}
      {shown === "compare" && <Comparison />}
    </section>
  );
}
