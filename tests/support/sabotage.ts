/**
 * True when `SABOTAGE` asks for the deliberate break `name` (`SABOTAGE=1` asks for all): the tests that guard
 * against it must then fail.
 */
export function sabotaged(name: string): boolean {
  const asked = Deno.env.get("SABOTAGE");
  return asked === "1" || asked === name;
}
