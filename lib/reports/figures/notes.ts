/** How the numbers of a report are defined: each is printed where it is used. */
import type { ReportNote } from "../document.ts";

export const NOTES = {
  range: "A range holds its beginning and not its end. Days begin at midnight in the zone of the " +
    "plant: the days on which clocks change have 23 and 25 hours, and count so.",
  status:
    "A status is the one that Perch judged at the time, by the limits that were set then. One " +
    "that lasted less than ten seconds may be missing.",
  unknown:
    "Unknown: nothing was recorded, Perch did not run or could not reach its sources, or a " +
    "sensor of the machine was silent. It counts neither as up nor as down. What was critical when " +
    "it fell silent stays critical.",
  maintenance:
    "Planned maintenance: a maintenance window was open. It is not required time; what " +
    "happens in it counts for nothing. Perch knows no shift plan: all other time is required.",
  failure:
    "Failure: the machine was critical for at least a minute. Times that are less than five " +
    "minutes apart are one failure, also when what lies between is unknown or maintenance. Each is " +
    "counted once per machine, whichever of its sensors it was. One that had begun before the range, " +
    "or was open at its end, counts with the part inside, and is marked.",
  availability:
    "Availability: up ÷ (up + down) over the required time of which something is known. " +
    "Down is the time in failures; shorter critical times count as up.",
  mtbf:
    "MTBF, mean operating time between failures: up time ÷ number of failures. With fewer than " +
    "five failures it says little: “few data”.",
  mttr:
    "MTTR, mean time to restoration: from the beginning of a failure until the machine was well " +
    "again, planned maintenance and unknown time left out; the mean of all. It is not the time that " +
    "somebody worked on it. Availability is MTBF ÷ (MTBF + MTTR).",
  mrt: "MRT, mean repair time: from the start of work on a ticket of the machine until it was " +
    "resolved, of tickets opened in the range for which both are known.",
  mtta:
    "MTTA, mean time to acknowledge: from when an alarm was raised until somebody acknowledged " +
    "it, of alarms of the range that were; alarms of severity info and those in maintenance need no acknowledgement.",
  running:
    "Run hours and starts: from a sensor that says whether the machine runs. A value holds " +
    "until the next one, not while Perch did not listen. A start is a change from off to on.",
  states:
    "States: a state holds until the next reading. The time in which Perch did not listen is " +
    "none of them, and neither is that before the first reading.",
  total:
    "Total: what a meter counted, from its last reading before the range on. When it falls to " +
    "less than nine tenths it was reset, and counts from zero again; a smaller fall is a correction.",
  values:
    "Smallest, mean and largest of all readings of the range; the mean is over readings, not " +
    "over time.",
  coverage:
    "Coverage: readings there are, of those that the sensor's expected interval asks for; " +
    "where no interval is set, the share of hours (of a range under a day: of its twenty-fourths) " +
    "with readings.",
  limits: "Limits as they are set now; statuses follow those that were set at the time.",
  alarms:
    "Alarms that were raised in the range. An alarm is over when nothing stands any more; its " +
    "duration is counted until then, or until the end of the range.",
  rate:
    "Alarms a day: warnings and critical ones outside maintenance. EEMUA 191 calls up to 150 a " +
    "day for one operator acceptable, and more than 300 too many; more than ten in ten minutes are " +
    "a flood.",
  predictions:
    "A prediction lasts from the first look that was not normal until the next that was. " +
    "Confidence and score are those of its worst look. Predictions are kept in a limited number; of " +
    "earlier times there may be none.",
} as const;
export type NoteId = keyof typeof NOTES;

/** In the order in which they are given. */
export function notesOf(...ids: NoteId[]): ReportNote[] {
  return ids.map((id) => ({ id, text: NOTES[id] }));
}
