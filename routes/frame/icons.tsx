import type { VNode } from "preact";

const PATHS = {
  overview: "M3 13h7V3H3zM14 21h7V11h-7zM3 21h7v-4H3zM14 7h7V3h-7z",
  alarms: "M12 3a6 6 0 0 0-6 6v5l-2 3h16l-2-3V9a6 6 0 0 0-6-6zM10 20h4",
  machines: "M4 20V9l5 3V9l5 3V5h6v15zM8 16h2M14 16h2",
  sensors: "M3 12h4l3-8 4 16 3-8h4",
  tickets: "M5 4h14v16H5zM9 9h6M9 13h6M9 17h3",
  events: "M4 6h1M4 12h1M4 18h1M9 6h11M9 12h11M9 18h7",
  sources: "M12 3v12M7 10l5 5 5-5M4 20h16",
  dashboards: "M4 4h16v16H4zM4 12h9M13 4v16M13 9h7",
  cameras: "M3 7h12v10H3zM15 11l6-3v8l-6-3",
  search: "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14zM16 16l5 5",
  more: "M4 12h2M11 12h2M18 12h2",
} as const;
export type IconName = keyof typeof PATHS;

/** Line icon of 20 px; decoration beside a word. */
export function Icon({ name }: { name: IconName }): VNode {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
