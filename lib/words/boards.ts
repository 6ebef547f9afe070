/** What is said of several machines together. Pure. */

/** `2 of 12 machines need attention`. */
export function attentionSentence(attention: number, all: number): string {
  if (all === 0) return "No machine to show.";
  if (attention === 0) {
    return all === 1 ? "It needs no attention." : `None of ${all} machines needs attention.`;
  }
  if (all === 1) return "It needs attention.";
  return `${attention} of ${all} machines ${attention === 1 ? "needs" : "need"} attention.`;
}
