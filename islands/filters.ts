/** Filters of lists (`routes/frame/list_filter.tsx`): what narrows them is loaded with the first letter. */
export function listenToFilters(): void {
  document.addEventListener("input", ({ target }) => {
    const form = target instanceof HTMLInputElement && target.form;
    if (!form) return;
    const { filter, rows } = form.dataset;
    // Where it cannot be loaded, the button filters.
    if (filter !== undefined) {
      void import("./filter.ts").then(({ narrow }) => narrow(form)).catch(() => {});
    }
    if (rows !== undefined) {
      void import("./row_filter.ts").then(({ narrowRows }) => narrowRows(form)).catch(() => {});
    }
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // Nothing to ask the server: all of it is here.
    if (form instanceof HTMLFormElement && form.dataset.rows !== undefined) event.preventDefault();
  });
}
