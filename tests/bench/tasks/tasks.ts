/** What people come for, each from the overview, as somebody does it who sees the pages for the first time. */
import { picture } from "../../support/pictures.ts";
import { freePort } from "../../support/port.ts";
import { ADMIN, type Plant, SITE } from "./plant.ts";
import type { Walk } from "./walk.ts";

export interface PersonTask {
  name: string;
  run(walk: Walk, plant: Plant): Promise<void>;
}

export const TASKS: readonly PersonTask[] = [
  {
    name: "acknowledge_the_worst",
    async run({ click, page }) {
      await click(/^Acknowledge/);
      await page.getByRole("button", { name: /^Acknowledge/ }).first()
        .waitFor({ state: "detached" });
    },
  },
  {
    name: "set_a_limit",
    async run({ click, type, see, page }) {
      await click(/Vibration/);
      await click("Limits and settings");
      await type(page.getByLabel(/^Warning high/), "2.5");
      await click(/^Save/);
      await see(/saved|is set|changed/i);
    },
  },
  {
    name: "mail_by_a_wrong_then_a_right_server",
    async run({ click, type, choose, see, page }, { smtp }) {
      await click("More");
      await click("Channels");
      await click("Email");
      await choose("Service", "custom");
      await type("Server", "127.0.0.1");
      await type("Port", String(freePort()));
      await choose("Encryption", "none");
      await type("Sender", "perch@example.org");
      await type("Recipients", "ada@example.org");
      await click("Add");
      await click("Send a test: Email");
      await see(/did not accept the test message|refused/);
      await click("Change");
      await type(page.getByLabel("Port").first(), String(smtp.port));
      await click("Save");
      await click("Send a test: Email");
      await see("Email accepted the test message");
    },
  },
  {
    name: "critical_of_a_press_to_a_phone_at_night",
    async run({ click, type, choose, see, page }) {
      await click("More");
      await click("Notification rules");
      await click("Add a rule");
      await type("Name", "Press 3 at night");
      await choose("Minimum severity", "critical");
      await type("Machines or areas", "hall-1/press-3");
      await click(page.getByLabel("Every channel that people read").first());
      await click(page.getByRole("checkbox", { name: "Email" }).first());
      await click("Counts at these hours only");
      await type(page.getByLabel("From").first(), "22:00");
      await type(page.getByLabel("To", { exact: true }).first(), "06:00");
      await click("Add the rule");
      await see("Press 3 at night");
    },
  },
  {
    name: "ticket_to_closed_with_a_photo",
    async run({ open, click, type, file, see, page }) {
      await open("Tickets");
      await click(page.locator("a.row").first());
      await click("Start work");
      await type(page.locator("#say"), "Greased, see photo");
      await file(page.locator("#photo"), "bearing.png", picture("png"));
      await click(page.locator('.say button[type="submit"]'));
      await see("Greased, see photo");
      await type(page.locator("#note"), "bearing greased");
      await page.selectOption("#verdict", "real");
      await click("Resolve");
      await click("Close");
      await see(/closed/i);
    },
  },
  {
    name: "weekly_window",
    async run({ open, click, type, see, page }) {
      await open("Machines");
      await click("Maintenance windows");
      const weekly = page.getByRole("region", { name: "Every week" });
      await type(weekly.getByLabel("What for"), "Cleaning");
      await type(weekly.getByLabel("Machine or area"), "hall-1/press-3");
      await click(weekly.getByLabel("Friday"));
      await type(weekly.getByLabel("From"), "14:00");
      await type(weekly.getByLabel("To", { exact: true }), "15:00");
      await click(weekly.getByRole("button", { name: "Plan" }));
      await see("Cleaning");
    },
  },
  {
    name: "back_test",
    async run({ click, type, see, page }) {
      await click(page.locator("main").getByRole("link", { name: /Temperature/ }).first());
      await click("Try changed thresholds");
      await type("Warning high", "60");
      await click("Run");
      await see(/alarms? instead of|as many as/);
    },
  },
  {
    name: "invite_somebody",
    async run({ click, type, choose, see }) {
      await click("More");
      await click("People");
      await type("Email", "eve@example.org");
      await choose("Role", "engineer");
      await click("Make the invitation");
      await see(/invit/i);
    },
  },
  {
    name: "second_factor",
    async run({ click, see }) {
      await click("More");
      await click("Profile");
      await click("Turn it on");
      await see("Code that the app shows");
    },
  },
  {
    name: "why_it_was_or_was_not_sent",
    async run({ open, click, see, page }, { heat }) {
      await heat(86);
      await open("Alarms");
      await click(page.locator("main").getByRole("link", { name: /temperature/ }).first());
      await click(/who was told|why|Notified|told/i);
      await see(/sent|rule/i);
    },
  },
  {
    name: "rename_move_delete_restore",
    async run({ click, type, see, page }) {
      await click(page.locator("main").getByRole("link", { name: "Mixer 1" }).first());
      await type("Name", "Big mixer");
      await click(
        page.getByRole("region", { name: "Settings" }).getByRole("button", { name: "Save" }),
      );
      await page.getByRole("heading", { name: "Big mixer" }).waitFor();
      await click("Move or rename its path");
      await type(page.getByLabel(/path/i).last(), "hall-3/mixer-1");
      await click(page.getByRole("button", { name: /^(Move|Rename)/ }));
      await page.getByRole("link", { name: /hall[- ]3/i }).first().waitFor();
      await click("Delete the machine");
      await click(/^(Undo|Restore)/);
      await see("Big mixer");
    },
  },
  {
    name: "import_with_old_and_new",
    async run({ click, type, file, see, page }) {
      await click("More");
      await click("Imports");
      await file(
        "File",
        "kettle.csv",
        "time,kettle\n2026-01-01T00:00:00Z,20\n2026-01-01T00:01:00Z,21\n",
      );
      await click("Upload it");
      await type(page.getByLabel(/^Sensor of kettle/), "hall-1/press-3/temperature");
      await click("Read and count it");
      await see("would bring 2 readings");
      await type("Name of this site", SITE);
      await type("Your password", ADMIN[1]);
      await click("Import it");
      await see("brought 2 readings");
    },
  },
  {
    name: "a_month_zoom_compare_csv_link",
    async run({ click, type, see, page }) {
      await click(page.locator("main").getByRole("link", { name: /Temperature/ }).first());
      await click("30 d");
      await click("Zoom in");
      await page.waitForURL(/from=/);
      await see("Download this range:");
      await click(page.locator("main").getByRole("link", { name: /compare/i }).first());
      await page.waitForURL(/compare/);
      await type("Another sensor", "press 3 oil level");
      await click("Add");
      const both = page.locator("h1", { hasText: "oil level" });
      await both.waitFor();
      // The address is the view: sent to a colleague, it shows the same.
      await page.goto(page.url());
      await both.waitFor();
    },
  },
  {
    name: "find_a_sensor_from_anywhere",
    async run({ type, press, page }) {
      await press("Control+k");
      await type(page.getByRole("combobox", { name: "Search everything" }), "oil level");
      await page.getByRole("option", { name: /oil level/i }).first().waitFor();
      await press("Enter");
      await page.waitForURL(/\/sensors\//);
    },
  },
  {
    name: "understand_a_prediction",
    async run({ click, see, page }) {
      await click(page.locator("main").getByRole("link", { name: "Press 3" }).first());
      await click("Why");
      await see(/usual|model|learn/i);
    },
  },
];
