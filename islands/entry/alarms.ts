/** The pages of alarms. */
import { AlarmList } from "../alarm_list.tsx";
import { AlarmNow } from "../alarm_now.tsx";
import { AlarmsAnswer } from "../alarms_answer.tsx";
import { bringToLife } from "../island.ts";

bringToLife({ AlarmList, AlarmNow, AlarmsAnswer });
