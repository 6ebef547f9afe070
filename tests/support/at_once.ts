/** Steps of a test that share nothing and mostly wait, all at once: together they take as long as the longest. */
export async function atOnce(
  test: Deno.TestContext,
  steps: Record<string, () => Promise<void>>,
): Promise<void> {
  // What one of them opens is not for another to close.
  const shared = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  await Promise.all(
    Object.entries(steps).map(([name, fn]) => test.step({ name, fn, ...shared })),
  );
}
