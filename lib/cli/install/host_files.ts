import { VERSION } from "../../base/version.ts";
import { UNITS_FILE } from "../../health/system/unit_list.ts";
import { DATA, dropIn, ENVIRONMENT, type Feature, FEATURES, UNIT, unitText, USER } from "./unit.ts";

/** A file that `perch install` writes. */
export interface HostFile {
  path: string;
  mode: number;
  text: string;
  /** The owner's own: written once, never again. */
  mine?: boolean;
}

export interface HostFacts {
  /** Of the pages, for the announcement. */
  port: number;
  /** What `/etc/perch/units` lists. */
  units: readonly string[];
  features: readonly Feature[];
  /** Groups of this host. */
  groups: ReadonlySet<string>;
  /** Configurations of proxies, as the guide has them. */
  nginx: string;
  caddy: string;
}

/** What is written once, and is the owner's from then on. */
export const MINE: readonly string[] = [UNITS_FILE, ENVIRONMENT];

const DOC = "/usr/local/share/doc/perch";
export const dropInPath = (feature: Feature) => `/etc/systemd/system/${UNIT}.d/${feature}.conf`;
export const featureNames = Object.keys(FEATURES) as Feature[];

/** All of them but the program, in the order in which they are written. */
export function hostFiles(facts: HostFacts): HostFile[] {
  const plain = (path: string, text: string): HostFile => ({ path, mode: 0o644, text });
  return [
    plain("/etc/sysusers.d/perch.conf", `u ${USER} - "Perch" ${DATA}\n`),
    plain(`/etc/systemd/system/${UNIT}`, unitText),
    ...facts.features.map((one) => plain(dropInPath(one), dropIn(one, facts.groups))),
    plain("/etc/polkit-1/rules.d/50-perch.rules", polkitRule(facts.units)),
    plain("/etc/avahi/services/perch.service", announcement(facts.port)),
    plain(`${DOC}/nginx.conf`, facts.nginx),
    plain(`${DOC}/Caddyfile`, facts.caddy),
    { ...plain(UNITS_FILE, UNITS_TEXT), mine: true },
    { path: ENVIRONMENT, mode: 0o600, text: ENVIRONMENT_TEXT, mine: true },
  ];
}

const UNITS_TEXT = `# systemd units that Perch looks after, one a line, such as
#   mosquitto.service
# One that fails is restarted, and Perch says so. After a change run: sudo perch install
`;

const ENVIRONMENT_TEXT =
  `# Variables of Perch, NAME=value, one a line; perch check --env lists them.
# After a change run: sudo systemctl restart perch
`;

/** Lets the user of the service restart the listed units and itself, and reboot; nothing else (man polkit). */
export function polkitRule(units: readonly string[]): string {
  return `// Written by perch install from ${UNITS_FILE}; after a change there run: sudo perch install
polkit.addRule(function (action, subject) {
  if (subject.user !== "${USER}") return polkit.Result.NOT_HANDLED;
  var units = ${JSON.stringify([UNIT, ...units])};
  if (action.id === "org.freedesktop.systemd1.manage-units" &&
      action.lookup("verb") === "restart" && units.indexOf(action.lookup("unit")) >= 0) {
    return polkit.Result.YES;
  }
  if (action.id === "org.freedesktop.login1.reboot" ||
      action.id === "org.freedesktop.login1.reboot-multiple-sessions") {
    return polkit.Result.YES;
  }
  return polkit.Result.NOT_HANDLED;
});
`;
}

/** For Avahi (man avahi.service). */
function announcement(port: number): string {
  return `<?xml version="1.0" standalone="no"?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group>
  <name replace-wildcards="yes">Perch on %h</name>
  <service>
    <type>_perch._tcp</type><port>${port}</port>
    <txt-record>v=${VERSION}</txt-record>
    <txt-record>path=/</txt-record>
    <txt-record>tls=0</txt-record>
  </service>
  <service><type>_http._tcp</type><port>${port}</port></service>
</service-group>
`;
}

/** The fenced examples of the guide about proxies. @throws Error when it has none */
export function proxyExamples(guide: string): { nginx: string; caddy: string } {
  const nginx = /^```nginx\n([^]*?)^```/m.exec(guide)?.[1];
  const caddy = /^## Caddy\n[^]*?^```\w*\n([^]*?)^```/m.exec(guide)?.[1];
  if (nginx === undefined || caddy === undefined) throw new Error("the guide has no examples");
  return { nginx, caddy };
}
