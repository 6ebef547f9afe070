import { useState } from "preact/hooks";
import type { VNode } from "preact";
import { base } from "./own.ts";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = typeof THEMES[number];

/** Automatic, light or dark. A form that posts; with script it changes at once. */
export function ThemeSwitch({ theme, next }: { theme: Theme; next: string }): VNode {
  const [chosen, setChosen] = useState(theme);
  const choose = (event: Event, value: Theme) => {
    event.preventDefault();
    setChosen(value);
    document.documentElement.dataset.theme = value;
    document.cookie = `theme=${value}; path=${base}/; max-age=31536000; samesite=lax`;
    dispatchEvent(new Event("themechange"));
  };
  return (
    <form method="post" action="/theme">
      <input type="hidden" name="next" value={next} />
      <div class="theme" role="group" aria-label="Colours">
        {THEMES.map((value) => (
          <button
            type="submit"
            name="theme"
            value={value}
            aria-pressed={value === chosen}
            onClick={(event) => choose(event, value)}
          >
            {value}
          </button>
        ))}
      </div>
    </form>
  );
}
