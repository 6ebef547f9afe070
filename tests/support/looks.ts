import type { Page } from "playwright-core";

/** `PERCH_TEST_PICTURES=FOLDER` keeps what was seen, for whoever wants to look at it. */
const PICTURES = Deno.env.get("PERCH_TEST_PICTURES");

/** Pictures of the page as it is, at phone and desktop width, light and dark, where they are wanted. */
export async function takePictures(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [390, 1280]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      const path = `${PICTURES}/${name}-${width}-${colorScheme}.png`;
      await page.screenshot({ path, fullPage: true });
    }
  }
}
