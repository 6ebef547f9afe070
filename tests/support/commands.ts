const DIRECTORIES = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/**
 * Whether commands are installed (command → Debian package). What is missing is reported as SKIPPED, and is an
 * error with `PERCH_TEST_REQUIRE=all`.
 */
export function haveCommands(wanted: Readonly<Record<string, string>>): boolean {
  const missing = Object.keys(wanted).filter((command) => !isThere(command));
  if (missing.length === 0) return true;
  const packages = [...new Set(missing.map((command) => wanted[command]))].join(" ");
  const message = `${missing.join(", ")} not installed (apt-get install ${packages})`;
  if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return false;
}

function isThere(command: string): boolean {
  return DIRECTORIES.some((directory) => {
    try {
      return Deno.statSync(`${directory}/${command}`).isFile;
    } catch {
      return false;
    }
  });
}
