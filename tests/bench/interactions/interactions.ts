/** What people press and type where it could be slow. */
import type { Page } from "playwright-core";

export interface Places {
  sensor: string;
  /** Eight sensors of a machine. */
  several: string;
}

export interface Interaction {
  name: string;
  path: string | ((places: Places) => string);
  act(page: Page, places: Places): Promise<void>;
}

/** Between two keys of somebody who types fast. */
const KEY_MS = 90;

const type = async (page: Page, label: string, text: string) => {
  const field = page.getByLabel(label, { exact: true }).first();
  await field.focus();
  await page.keyboard.type(text, { delay: KEY_MS });
};
const press = (page: Page, name: string | RegExp) =>
  page.getByRole("button", { name }).first().click();

export const INTERACTIONS: readonly Interaction[] = [
  {
    name: "type_in_the_palette",
    path: "/",
    async act(page) {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: "Search everything" }).waitFor();
      await page.keyboard.type("press 3 oil lvel", { delay: KEY_MS });
      await page.getByRole("option", { name: /oil level/i }).first().waitFor();
      await page.keyboard.press("ArrowDown");
    },
  },
  {
    name: "unfold_the_normal_machines",
    path: "/",
    async act(page) {
      await page.locator("summary", { hasText: "normal" }).first().click();
    },
  },
  {
    name: "filter_404_sensors",
    path: "/sensors",
    async act(page) {
      await page.locator("main input[type=search]").first().focus();
      await page.keyboard.type("oil level 3", { delay: KEY_MS });
      await page.locator("h1", { hasText: /of 404 sensors/ }).waitFor();
    },
  },
  {
    name: "select_all_404_sensors",
    path: "/sensors",
    async act(page) {
      await page.getByLabel(/^Select all 404/).click();
      await page.locator("summary", { hasText: "Set limits" }).click();
    },
  },
  {
    name: "filter_41_machines",
    path: "/machines",
    async act(page) {
      await page.locator("main input[type=search]").first().focus();
      await page.keyboard.type("press 12", { delay: KEY_MS });
    },
  },
  {
    name: "filter_the_api",
    path: "/docs",
    async act(page) {
      await page.locator("main input[type=search]").first().focus();
      await page.keyboard.type("backup", { delay: KEY_MS });
    },
  },
  {
    name: "acknowledge_one_of_forty",
    path: "/alarms",
    async act(page) {
      await press(page, "Acknowledge");
      await page.locator(".new-rows", { hasText: /acknowledged/i }).or(
        page.getByText(/was acknowledged|acknowledged by/i),
      ).first().waitFor();
    },
  },
  {
    name: "step_and_select_by_keys",
    path: "/alarms",
    async act(page) {
      for (const key of ["j", "j", "x", "j", "x", "k"]) await page.keyboard.press(key);
    },
  },
  {
    name: "press_while_a_sensor_opens",
    path: "/machines/hall-3/press-3",
    async act(page, { sensor }) {
      await page.locator(`main a[href="/sensors/${sensor}"]`).first().click();
      await page.waitForURL(/\/sensors\//);
      for (let i = 0; i < 6; i++) {
        await page.keyboard.press("Tab");
        await page.waitForTimeout(KEY_MS);
      }
      await page.locator(".u-over").waitFor();
    },
  },
  {
    name: "zoom_a_chart",
    path: ({ sensor }) => `/sensors/${sensor}`,
    async act(page) {
      await page.locator(".u-over").waitFor();
      await press(page, "Zoom in");
      await page.waitForURL(/from=/);
      await press(page, "Earlier");
    },
  },
  {
    name: "step_through_a_chart",
    path: ({ sensor }) => `/sensors/${sensor}`,
    async act(page) {
      await page.locator(".u-over").waitFor();
      await page.getByRole("application").first().focus();
      for (let i = 0; i < 6; i++) await page.keyboard.press("ArrowLeft", { delay: KEY_MS });
    },
  },
  {
    name: "zoom_eight_sensors",
    path: ({ several }) => `/compare?sensors=${several}&layout=stacked`,
    async act(page) {
      await page.locator(".u-over").nth(7).waitFor();
      await press(page, "Zoom in");
      await page.waitForURL(/from=/);
    },
  },
  {
    name: "add_to_a_comparison",
    path: ({ several }) => `/compare?sensors=${several}`,
    async act(page) {
      await page.locator("[name=add]").focus();
      await page.keyboard.type("press 12 temp", { delay: KEY_MS });
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await page.waitForURL(/sensors=.*/);
    },
  },
  {
    name: "pick_the_machine_of_a_ticket",
    path: "/tickets/new",
    async act(page) {
      await type(page, "Machine", "press 1");
    },
  },
  {
    name: "change_and_save_settings",
    path: "/settings?section=this-host",
    async act(page) {
      await page.locator("main form input:not([type=hidden],[type=search])").first().focus();
      await page.keyboard.type("12", { delay: KEY_MS });
      await page.waitForTimeout(400);
      await press(page, /^Save/);
      await page.waitForLoadState();
    },
  },
  {
    name: "change_the_colours",
    path: "/more",
    async act(page) {
      await press(page, "dark");
      await press(page, "auto");
    },
  },
];
