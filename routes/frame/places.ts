import type { Identity } from "../../lib/access/identity.ts";
import { decide } from "../../lib/access/policy.ts";
import type { Route } from "../http/route.ts";

/** A page that is opened by its name: from More and from the search. */
export interface Place {
  href: string;
  name: string;
  group: PlaceGroup;
  /** Other words by which it is looked for. */
  words?: string;
}

/** Headings of More, in their order; `Do`: something to be done, which has its place on another page. */
export const PLACE_GROUPS = ["Plant", "History", "Devices", "Perch", "You", "Help", "Do"] as const;
export type PlaceGroup = typeof PLACE_GROUPS[number];

/**
 * Every page that has a name. Who may open it follows from its route; a page that joins the product joins here.
 */
export const PLACES: readonly Place[] = [
  { group: "Plant", href: "/", name: "Overview", words: "home start attention" },
  {
    group: "Plant",
    href: "/alarms",
    name: "Alarms",
    words: "open unacknowledged warning critical",
  },
  { group: "Plant", href: "/alarms?show=resolved", name: "Resolved alarms", words: "history" },
  { group: "Plant", href: "/tickets", name: "Tickets", words: "work orders tasks" },
  { group: "Plant", href: "/machines", name: "Machines" },
  { group: "Plant", href: "/machines/tree", name: "The plant as a tree", words: "areas lines" },
  { group: "Plant", href: "/sensors", name: "Sensors", words: "values limits thresholds" },
  {
    group: "Plant",
    href: "/compare",
    name: "Compare sensors",
    words: "charts overlay side by side",
  },
  { group: "Plant", href: "/dashboards", name: "Dashboards", words: "boards tiles charts pinned" },
  { group: "Plant", href: "/cameras", name: "Cameras", words: "pictures" },
  { group: "Plant", href: "/maintenance", name: "Maintenance windows", words: "mute weekly" },
  { group: "Plant", href: "/commands", name: "Controls and orders", words: "switch setpoint" },
  { group: "Plant", href: "/commands/rules", name: "Rules that give orders" },
  { group: "Plant", href: "/sites", name: "Sites", words: "centre edge forwarding lag remote" },
  { group: "History", href: "/events", name: "Events", words: "log what happened" },
  { group: "History", href: "/predictions", name: "Predictions", words: "remaining life forecast" },
  { group: "History", href: "/models", name: "Models", words: "training retrain" },
  { group: "History", href: "/backtest", name: "Backtests", words: "what if limits try" },
  { group: "History", href: "/analyses", name: "Analyses and questions", words: "ai chat ask" },
  { group: "History", href: "/reports", name: "Reports", words: "pdf xlsx excel csv schedule" },
  { group: "History", href: "/report-schedules", name: "Scheduled reports", words: "mail weekly" },
  { group: "History", href: "/export", name: "Export", words: "csv parquet download" },
  { group: "History", href: "/import", name: "Imports", words: "csv influx home assistant" },
  { group: "Devices", href: "/sources", name: "Sources", words: "mqtt broker refused" },
  { group: "Devices", href: "/probes", name: "Probes and heartbeats", words: "ping http uptime" },
  { group: "Devices", href: "/hardware", name: "Hardware of this host", words: "gpio 1-wire i2c" },
  { group: "Devices", href: "/computed", name: "Computed sensors", words: "sum average rate" },
  { group: "Devices", href: "/settings/scripts", name: "Codecs and detectors", words: "scripts" },
  {
    group: "Devices",
    href: "/machines/exchange",
    name: "Machines and sensors as a file",
    words: "registry import export template",
  },
  { group: "Perch", href: "/settings", name: "Settings", words: "configuration options" },
  {
    group: "Perch",
    href: "/settings/channels",
    name: "Channels",
    words: "email smtp telegram slack sms webhook notifications",
  },
  {
    group: "Perch",
    href: "/settings/rules",
    name: "Notification rules",
    words: "who is notified quiet hours escalation",
  },
  { group: "Perch", href: "/deliveries", name: "Deliveries", words: "sent failed dead letters" },
  { group: "Perch", href: "/people", name: "People", words: "users accounts invite roles" },
  { group: "Perch", href: "/keys", name: "Keys", words: "api device tokens" },
  { group: "Perch", href: "/audit", name: "Audit log", words: "who changed what" },
  { group: "Perch", href: "/settings/backups", name: "Backups", words: "restore archive" },
  {
    group: "Perch",
    href: "/settings/forwarding",
    name: "Forwarding",
    words: "centre edge upstream site",
  },
  {
    group: "Perch",
    href: "/settings/screens",
    name: "Screens and status page",
    words: "kiosk wall link public",
  },
  { group: "Perch", href: "/faults", name: "Faults of Perch", words: "repair paused errors" },
  { group: "Perch", href: "/host", name: "This host", words: "cpu memory disk temperature health" },
  { group: "Perch", href: "/system", name: "Services and reboot", words: "restart" },
  {
    group: "You",
    href: "/profile",
    name: "Profile",
    words: "password second factor totp sessions",
  },
  {
    group: "You",
    href: "/notices",
    name: "Notices on this device",
    words: "web push notifications phone browser",
  },
  { group: "You", href: "/more", name: "More", words: "colours dark light theme sign out version" },
  { group: "Help", href: "/guides", name: "Guides", words: "documentation manual help" },
  { group: "Help", href: "/trust", name: "Trust this Perch", words: "https certificate" },
  { group: "Help", href: "/docs", name: "API", words: "openapi documentation operations" },
  { group: "Help", href: "/search", name: "Search", words: "find" },
  { group: "Do", href: "/tickets/new", name: "New ticket", words: "open add work order" },
  { group: "Do", href: "/alarms/new", name: "Raise an alarm", words: "new report by hand" },
  { group: "Do", href: "/notes/new", name: "Add a note", words: "annotation chart remark" },
  { group: "Do", href: "/probes/new", name: "Add a probe", words: "new http tcp ping" },
  { group: "Do", href: "/hardware/add", name: "Add hardware", words: "new gpio sensor" },
  { group: "Do", href: "/cameras/new", name: "Add a camera", words: "new" },
  { group: "Do", href: "/computed/add", name: "Add a computed sensor", words: "new" },
];

/** The route of a place; undefined: this Perch has no such page. */
export function routeOfPlace(routes: readonly Route[], { href }: Place): Route | undefined {
  const [path] = href.split("?");
  return routes.find((route) => route.method === "get" && route.path === path);
}

/** The places of a group that somebody may open. */
export function placesFor(
  routes: readonly Route[],
  group: PlaceGroup,
  who: Identity | null,
): Place[] {
  return PLACES.filter((place) => {
    const route = place.group === group ? routeOfPlace(routes, place) : undefined;
    return route !== undefined && decide(route.policy, "get", who, false).allow;
  });
}
