/** Lists of sensors and machines, a machine, sources, deliveries, tickets: values in place. */
import { AlarmsHere } from "../alarms_here.tsx";
import { FileUpload } from "../file_upload.tsx";
import { bringToLife } from "../island.ts";
import { catchUp, onReset } from "../live.ts";
import { BackupProgress } from "../backup_progress.tsx";
import { ChatBox } from "../chat_box.tsx";
import { DeliveryNews } from "../delivery_news.tsx";
import { EventList } from "../event_list.tsx";
import { HardwareNow } from "../hardware_now.tsx";
import { JobProgress } from "../job_progress.tsx";
import { MachineCondition } from "../machine_condition.tsx";
import { MachinesAnswer } from "../normal_machines.tsx";
import { OrderNow } from "../order_now.tsx";
import { PredictionNews, PredictionsNow } from "../predictions_now.tsx";
import { Renewed } from "../renewed.tsx";
import { ScriptTry } from "../script_try.tsx";
import { SensorRow } from "../sensor_row.tsx";
import { SourceList } from "../source_list.tsx";
import { StatusNow } from "../status_word.tsx";
import { SystemLine } from "../system_line.tsx";
import { TicketNews } from "../ticket_news.tsx";
import { WordsNow } from "../words_now.tsx";

bringToLife({
  AlarmsHere,
  FileUpload,
  BackupProgress,
  ChatBox,
  DeliveryNews,
  EventList,
  HardwareNow,
  JobProgress,
  MachineCondition,
  MachinesAnswer,
  OrderNow,
  PredictionNews,
  PredictionsNow,
  Renewed,
  ScriptTry,
  SensorRow,
  SourceList,
  StatusNow,
  SystemLine,
  TicketNews,
  WordsNow,
});
onReset(catchUp);
