import "./fonts.css";
import "./page.css";
import "./marks.css";

import { render } from "preact";

import { App } from "./App";
import { greet } from "./state";
import { wear } from "./theme";

wear();
render(<App />, document.getElementById("page")!);
void greet();
