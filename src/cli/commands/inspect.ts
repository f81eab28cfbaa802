/** @file `smooth-foley inspect`: what is known of a clip, and when a label is seen in it. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { serializeTiming, type TimingCurve } from '../../conditions/timing-curve.js';
import { writeFileAtomic } from '../../files/atomic-file.node.js';
import { describeChoice } from '../../foley/choose-label.js';
import type { Inspection } from '../../foley/job-protocol.js';
import { foleyRequestSchema, parseRequest } from '../../foley/request.js';
import { requestFields } from '../../foley/request-fields.js';
import type { MediaFacts } from '../../video/media-facts.js';
import type { CommandHost } from '../command-host.js';
import { assertNotThere } from '../existing-file.js';
import { withInterrupt } from '../interrupt.js';
import { offlineOption } from '../offline-option.js';
import { createProgressView } from '../progress-view.js';
import { addFieldOptions, flagOf, valuesOf } from '../schema-flags.js';
import type { Terminal } from '../terminal.js';

/** Fields of a request that decide what is seen when. */
const seeingFields = new Set([
  'label',
  'dynamics',
  'beyond',
  'start',
  'duration',
  'model',
  'backbone',
  'imageEncoder',
  'labelEncoder',
  'device',
  'threads',
  'cacheDir',
  'overwrite',
]);
export const inspectFields = requestFields(foleyRequestSchema).filter(
  (field) => (field.group === 'timing' && field.name !== 'raster') || seeingFields.has(field.name),
);

export function addInspectCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('inspect')
    .description('show what a clip is and, with a label, when it is seen')
    .argument('<video>', 'the clip: MP4, MOV, WebM or MKV')
    .option('--picture <file>', 'draw frames, similarity and timing as PNG')
    .option('--save-timing <file>', 'write the timing as JSON, to be edited and given to generate --timing');
  addFieldOptions(command, inspectFields);
  command.addOption(offlineOption());
  host.run(command, async (terminal, { args }) => {
    const given = command.opts<Record<string, unknown>>();
    const picture = typeof given.picture === 'string' ? resolve(given.picture) : null;
    const saveTiming = typeof given.saveTiming === 'string' ? resolve(given.saveTiming) : null;
    // with neither a label nor something to write, the facts alone are read
    const withTiming = given.label !== undefined || picture !== null || saveTiming !== null;
    const request = parseRequest({ ...valuesOf(inspectFields, given), video: args[0] }, flagOf);
    for (const path of [picture, saveTiming])
      if (path !== null && !request.overwrite) await assertNotThere(path);
    const view = createProgressView(terminal, 1);
    const inspection = await withInterrupt((signal) =>
      host.services.runInspection(
        request,
        { withTiming, withPicture: picture !== null },
        { signal, onProgress: (progress) => view.update(progress) },
      ),
    ).finally(() => view.end());
    for (const warning of inspection.warnings) terminal.warn(warning);
    if (inspection.chosenLabel !== null && !inspection.chosenLabel.isUncertain)
      terminal.note(describeChoice(inspection.chosenLabel));
    if (picture !== null) await writeFileAtomic(picture, inspection.picture!);
    if (saveTiming !== null)
      await writeFileAtomic(saveTiming, new TextEncoder().encode(serializeTiming(inspection.timing!)));
    report(
      terminal,
      args[0]!,
      inspection,
      [picture, saveTiming].filter((path) => path !== null),
    );
  });
}

function report(terminal: Terminal, video: string, inspection: Inspection, paths: readonly string[]): void {
  if (terminal.modes.json) {
    const { facts, sha256, timing, seenAs, chosenLabel, warnings, timings } = inspection;
    terminal.json({ video, sha256, facts, timing, seenAs, chosenLabel, warnings, timings, paths });
    return;
  }
  for (const line of describeFacts(inspection.facts)) terminal.result(line);
  if (inspection.timing) for (const line of describeTiming(inspection.timing)) terminal.result(line);
  for (const path of paths) terminal.result(path);
}

function describeFacts({ durationSeconds, container, byteLength, video, audio }: MediaFacts): string[] {
  const rate = `${video.averageFps.toFixed(2)} frames a second${video.isVariableFrameRate ? ' on average, varying' : ''}`;
  const turn = video.rotationDegrees === 0 ? '' : `, turned by ${video.rotationDegrees} degrees`;
  const sound = audio.map(
    ({ codec, channels, sampleRateHz }) => `${codec ?? 'unknown'}, ${channels} channels, ${sampleRateHz} Hz`,
  );
  return [
    `clip        ${container}, ${durationSeconds.toFixed(2)} s, ${(byteLength / 1e6).toFixed(1)} MB`,
    `picture     ${video.codec}, ${video.width} x ${video.height}${turn}, ${rate}`,
    `sound       ${sound.length === 0 ? 'none' : sound.join('; ')}`,
  ];
}

function describeTiming({ label, similarity, spans }: TimingCurve): string[] {
  const seconds = spans.reduce((sum, span) => sum + span.endSeconds - span.startSeconds, 0);
  const peak = similarity.length === 0 ? '' : `, similarity up to ${Math.max(...similarity).toFixed(2)}`;
  return [
    `"${label}"  on for ${seconds.toFixed(2)} s in ${spans.length} ${spans.length === 1 ? 'stretch' : 'stretches'}${peak}`,
    ...spans.map((span) => `  ${span.startSeconds.toFixed(2)} - ${span.endSeconds.toFixed(2)} s`),
  ];
}
