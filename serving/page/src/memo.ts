/** Components that are drawn again only where what they are given changed.
 *
 * The same in `preact/compat` would bring React's names of events with it, for the whole page.
 */

import { Component, createElement, type ComponentType, type FunctionComponent } from "preact";

export function memo<Given extends object>(draw: FunctionComponent<Given>): ComponentType<Given> {
  return class Kept extends Component<Given> {
    override shouldComponentUpdate(next: Given): boolean {
      const names = new Set([...Object.keys(this.props), ...Object.keys(next)]) as Set<keyof Given>;
      return [...names].some((name) => !Object.is((this.props as Given)[name], next[name]));
    }

    override render() {
      return createElement(draw, this.props as never);
    }
  };
}
