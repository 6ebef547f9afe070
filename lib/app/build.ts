import type { LogEntry } from "../base/log.ts";
import type { Supervisor } from "../base/supervisor.ts";
import { plantSensors } from "../machines/host_machine.ts";
import { createAppAccess } from "./access.ts";
import { createModelParts } from "./ai.ts";
import { createAnalysisParts } from "./analyses.ts";
import { createAnnotationParts } from "./annotations.ts";
import { createAlarmParts } from "./alarms.ts";
import { createBackupParts } from "./backup.ts";
import { createCameraOutputs } from "./camera_output.ts";
import { cameraFacts, createCameraParts } from "./cameras.ts";
import { createComputedParts } from "./computed.ts";
import { createClockSetting } from "./clock_setting.ts";
import { channelsSealer } from "./channels_key.ts";
import { createCommandParts } from "./commands.ts";
import { createCodecParts } from "./codecs.ts";
import { createCorrectionParts, scriptCounts } from "./corrections.ts";
import { sensorAtMachine, watchDamage } from "./damage.ts";
import { createCustomDetection } from "./custom_detectors.ts";
import { createDetectionParts } from "./detection.ts";
import { createDashboardParts } from "./dashboards.ts";
import { createDeviceParts } from "./devices.ts";
import { createForwarding } from "./forwarding.ts";
import { mqttFeedTasks } from "./mqtt_feed.ts";
import { type BuildOptions, openFoundation } from "./foundation.ts";
import { createAppHostView, createHostParts, hostFacts } from "./health_history.ts";
import { createSystemParts } from "./health_system.ts";
import { createAppEmergency } from "./health_emergency.ts";
import { createAppFaultDetectors } from "./fault_detectors.ts";
import { createExportParts } from "./exports.ts";
import { createFaultParts } from "./faults.ts";
import { createHistoryParts } from "./history.ts";
import { createHardwareParts } from "./hardware.ts";
import { createImportFileParts } from "./import_files.ts";
import { createIntakeParts, openIntakeFiles } from "./intake.ts";
import { createJobParts } from "./jobs.ts";
import { createLiveParts, createStatusParts } from "./live.ts";
import { createMachineParts } from "./machines.ts";
import { createNotifyParts } from "./notify.ts";
import { createAppOutgoing } from "./outgoing.ts";
import type { Parts } from "./parts.ts";
import { createPollParts, probeFacts } from "./polls.ts";
import { describeParts, lostAtStart } from "./ready.ts";
import { createPresenceParts } from "./presence.ts";
import { createPush, personOf } from "./push.ts";
import { createReported } from "./reported.ts";
import { createReportParts } from "./reports.ts";
import { createRestoreParts } from "./restores.ts";
import { timeIn } from "./site.ts";
import { createScriptParts } from "./scripts.ts";
import { gatherFacts } from "./site_facts.ts";
import { createSourceParts } from "./sources.ts";
import { createSparkplugParts } from "./sparkplug.ts";
import { createSystemFacts } from "./system_facts.ts";
import { siteDeskTasks } from "./site_desk.ts";
import { createSiteParts, loadSiteIds, siteAlarmFacts, siteFacts } from "./upstream.ts";
import { createThingSpeak } from "./thingspeak.ts";
import { createTransferParts } from "./transfer.ts";
import { createTicketRoom } from "./tickets.ts";
import { diskUsed } from "./upkeep.ts";

/** What is around all parts. */
export interface Around {
  supervisor: Supervisor;
  /** Warnings and errors of the log. */
  onLogEntry(listener: (entry: LogEntry) => void): void;
}

/**
 * Makes every part, from the disk upwards; none of them works yet. What a part asks of one that is made after it
 * goes over the bus (`topics.ts`) or through `late` (`late.ts`).
 */
export async function build(
  options: BuildOptions,
  { supervisor, onLogEntry }: Around,
): Promise<Parts> {
  const { httpPort, securePort } = options;
  const foundation = await openFoundation(options);
  const { config, clock, storage, storageTroubles, events, components, late } = foundation;
  const lost = lostAtStart(foundation);
  const files = openIntakeFiles(foundation);
  const machines = await createMachineParts(foundation);
  const { registry } = machines;
  const scripts = await createScriptParts(foundation);
  const live = await createLiveParts(foundation, machines);
  const { hub } = live;
  const jobs = createJobParts(foundation, hub);

  const siteIds = await loadSiteIds(foundation);
  late.fill("sites", siteIds);
  const detection = await createDetectionParts(foundation, machines, live, options.detection);
  late.fill("detection", detection.detection);
  late.fill("predictions", detection.predictions);
  const custom = createCustomDetection(foundation, { machines, live, scripts, detection });

  const access = createAppAccess(foundation);
  const announced = await createDeviceParts(foundation, machines);
  late.fill("devices", announced.devices);
  const intake = await createIntakeParts(foundation, files, registry, announced);
  const sites = await createSiteParts(foundation, {
    ...{ machines, access, siteIds },
    intake: intake.intake,
  });
  const codecs = await createCodecParts(foundation, files, intake, scripts);
  late.fill("codecs", codecs.codecs);
  const computed = await createComputedParts(foundation, machines, intake.intake);
  const sources = await createSourceParts(
    foundation,
    { ...intake, ...codecs, ...announced },
    access,
  );
  late.fill("sources", sources.sources);
  late.fill("publisher", sources.mqtt);

  const { clockSynchronised } = options;
  const clockSetting = createClockSetting(foundation, { registry, clockSynchronised });
  const commands = await createCommandParts(foundation, {
    ...{ machines, live, devices: announced, access, mqtt: sources.mqtt },
  });
  const hardware = await createHardwareParts(foundation, {
    ...{ machines, scripts, intake: intake.intake, host: options.hardware ?? {} },
  });
  const watch = options.host?.(clock) ?? null;
  const host = createHostParts(foundation, {
    watch,
    machines,
    intake: intake.intake,
    access,
  });
  const outgoing = await createAppOutgoing(foundation, {
    ownPorts: () => [httpPort(), securePort() ?? 0, sources.broker?.port() ?? 0],
    openedPlaces: options.openedPlaces,
  });
  const model = createModelParts(foundation, { outgoing, access, machines });
  const plant = plantSensors(registry, registry.machines);
  const thingspeak = createThingSpeak(foundation, plant, outgoing);
  const sealer = await channelsSealer(config, foundation.log.child("notify"));
  const push = createPush(foundation, { outgoing, person: (id) => personOf(access, id) });
  const notify = await createNotifyParts(foundation, {
    push,
    sealer,
    machines,
    live,
    access,
    outgoing,
    publishMqtt: (message, signal) => sources.mqtt.publish(message, signal),
    ...{ httpPort, securePort },
    jobs,
  });
  late.fill("notify", notify);
  const reported = await createReported(foundation, { hub, notify });

  const cameras = await createCameraParts(foundation, {
    ...{ machines, outgoing, sealer, hub, access, intake: intake.intake },
    outputs: createCameraOutputs(commands.commands, access),
  });
  late.fill("cameras", cameras.cameraImages);
  const polls = await createPollParts(foundation, {
    ...{ machines, outgoing, sealer, access, intake: intake.intake },
  });
  const backup = await createBackupParts(foundation, access);
  const history = createHistoryParts(foundation, {
    ...{ outgoing, machines, backup },
    settleMs: options.historySettleMs,
  });
  const restores = createRestoreParts(foundation, backup.backups, options.restarting ?? null);
  const ticketRoom = createTicketRoom(foundation, { machines: registry.machines, hub, access });
  const alarms = await createAlarmParts(foundation, {
    machines,
    detection,
    custom,
    live,
    notify,
    fromAlarms: ticketRoom.fromAlarms,
    facts: createSystemFacts({
      clock,
      sources: sources.sources,
      intake: intake.intake,
      registry,
      poison: files.poison,
      runner: detection.detection.runner,
      diskUsed: () => diskUsed(config.dataDir),
      storage: storageTroubles,
      backup: backup.trouble,
      cut: () => lost,
      outbox: () => notify.counts(),
      programs: reported.components.all,
      cameras: () => cameraFacts(cameras.cameras, clock.now()),
      probes: () => probeFacts(polls),
      host: () => hostFacts(host),
      history,
      sites: () => ({
        sites: siteFacts(sites, clock.now()),
        siteAlarms: siteAlarmFacts(sites),
      }),
    }),
  });
  late.fill("alarms", alarms);
  const tickets = ticketRoom.with(alarms);
  late.fill("tickets", tickets.tickets);
  const forwarder = await createForwarding(foundation, { machines, access, outgoing, alarms });
  const presence = createPresenceParts(foundation, {
    ...{ machines: registry.machines, statuses: live.statuses, alarms },
    ...{ mqtt: sources.mqtt, httpPort, securePort },
  });
  const emergency = createAppEmergency(foundation, {
    sense: watch?.sense ?? null,
    host,
    logFiles: options.logFiles,
    detection,
    cameraImages: cameras.cameraImages,
  });

  describeParts(components, {
    lost,
    storageTroubles,
    intake: intake.intake,
    intakePause: foundation.intakePause,
    sources: sources.sources,
  });
  const faultDetectors = createAppFaultDetectors(foundation, {
    supervisor,
    scripts,
    intake: intake.intake,
    host,
  });
  const { faults, healing } = await createFaultParts(foundation, {
    hub,
    supervisor,
    onLogEntry,
    sources: [
      scripts.scriptFaults,
      codecs.codecFaults,
      custom.faults,
      faultDetectors.source,
      hardware.ownDriverFaults,
    ],
    pausables:
      () => [...codecs.codecPausables(), ...custom.pausables(), ...faultDetectors.pausables()],
  });
  codecs.codecs.onPause(faults.soon);
  custom.onStop(faults.soon);
  const { askModel } = model;
  const counts = () => scriptCounts(codecs.codecs, custom);
  const corrections = await createCorrectionParts(
    foundation,
    {
      ...{ faults, access, askModel, counts },
      scripts: scripts.scripts,
      sensors: registry,
      facts: faultDetectors.facts,
    },
  );
  const backupMs = () => backup.backups.newest()?.manifest.created_ms ?? null;
  const status = createStatusParts(foundation, machines, live, {
    intake: intake.intake,
    alarms,
    backupMs,
  });
  late.fill("loopLag", status.loopLag);
  const hostView = createAppHostView(foundation, {
    host,
    emergency,
    statuses: live.statuses,
    backupMs,
  });
  const site = config.siteId ?? Deno.hostname();
  const facts = () =>
    gatherFacts({
      ...{
        clock,
        site,
        registry,
        alarms,
        faults,
        components,
        hostView,
        events,
        zone: foundation.zone(),
      },
      ...{ statuses: live.statuses, predictions: detection.predictions, counts: reported.counts },
    });
  const damage = watchDamage({
    clock,
    readings: storage.readings,
    troubles: storageTroubles,
    words: { sensor: (num) => sensorAtMachine(registry, num), time: timeIn(foundation.zone) },
    append: (event) => events.append(event),
    sinceMs: foundation.sinceMs,
  });
  return {
    ...foundation,
    ...machines,
    ...scripts,
    ...live,
    ...detection,
    custom,
    ...announced,
    ...intake,
    ...codecs,
    ...sources,
    ...createSparkplugParts(foundation, { ...announced, ...intake, ...sources }),
    ...hardware,
    ...status,
    ...model,
    ...cameras,
    ...polls,
    ...presence,
    ...clockSetting,
    ...createDashboardParts(foundation, machines),
    ...commands,
    ...createTransferParts(foundation, { jobs, registry, intake: intake.intake }),
    ...await createReportParts(foundation, {
      ...{ jobs, notify, access, registry, alarms, computed, history, tickets: tickets.tickets },
      ...{ machines: machines.machines, predictions: detection.predictions },
    }),
    ...createAnalysisParts(foundation, { model, notify, facts }),
    ...createImportFileParts(foundation, jobs),
    ...createAnnotationParts(foundation, { ...machines, alarms, tickets: tickets.tickets }),
    access,
    alarms,
    computed,
    backup,
    ...restores,
    damage,
    exports: createExportParts(foundation, { machines, jobs, backup, history }),
    history,
    emergency,
    forwarder,
    mqttFeedTasks: await mqttFeedTasks(foundation, machines),
    siteDeskTasks: siteDeskTasks(foundation, { sites, access }),
    corrections,
    faults,
    healing,
    host,
    hostView,
    jobs,
    system: createSystemParts(foundation, options.system ?? null),
    notify,
    push,
    reported,
    sites,
    thingspeak,
    tickets,
  };
}
