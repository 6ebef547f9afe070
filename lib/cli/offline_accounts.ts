import { openAccounts } from "../app/open_accounts.ts";
import { createAccountsControl } from "./accounts_control.ts";
import type { AccountsControl, OpenOffline } from "./control.ts";

/** Opens what commands on accounts, keys and settings need, and no more. */
export const openAccountsOffline: OpenOffline<AccountsControl> = async (config) => {
  const { close, ...parts } = await openAccounts(config);
  return { control: createAccountsControl(parts), close };
};
