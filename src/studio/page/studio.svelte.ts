/** @file The session: a clip, its tracks, their takes, and what can be done with them. */
import type { Job, Media, ServiceSchema } from '../../service/contract.js';
import type { Backend } from './backend.js';
import { type BlindTest, heardTake } from './blind-test.js';
import { runCommand } from './commands.js';
import { currentValue, type FieldValues, withValue } from './form-fields.js';
import { isUnfinished } from './job-words.js';
import { Jobs } from './jobs.svelte.js';
import type { StudioCommand } from './keyboard.js';
import { type Channel, mixFactors } from './mix-levels.js';
import { Notices } from './notices.svelte.js';
import {
  type FormState,
  generateOrders,
  inspectionKey,
  inspectOrder,
  mixOrder,
  requestValues,
  sentSpans,
  signatureOf,
  takeCount,
  trackFieldNames,
} from './orders.js';
import { Playback } from './playback.svelte.js';
import { type SavedSession, sessionKey } from './saved-session.js';
import { Sounds } from './sounds.svelte.js';
import type { Span } from './spans.js';
import { addTakes, freshSeeds, listedTakes, type Take } from './takes.js';
import { TimelineState } from './timeline.svelte.js';
import { Track } from './track.svelte.js';
import { countSounds, describeEdit, describeFound } from './words.js';

/** The clip's own sound stands among the tracks under this id. */
export const originalId = 'original';
/** The sum of what is heard, drawn but not played. */
export const mixId = 'mix';

export class Studio {
  readonly backend: Backend;
  readonly notices = new Notices();
  readonly playback = new Playback();
  readonly timeline = new TimelineState();
  readonly jobs: Jobs;
  readonly sounds: Sounds;
  schema = $state.raw<ServiceSchema | null>(null);
  media = $state.raw<Media | null>(null);
  /** Where the picture comes from: the file itself right after it was dropped, the service later. */
  pictureUrl = $state<string | null>(null);
  uploadShare = $state<number | null>(null);
  settings = $state.raw<FieldValues>({});
  tracks = $state.raw<readonly Track[]>([]);
  selectedId = $state<string | null>(null);
  takes = $state.raw<readonly Take[]>([]);
  mixes = $state.raw<readonly string[]>([]);
  test = $state.raw<BlindTest | null>(null);
  isOriginalSolo = $state(false);
  isSheetOpen = $state(false);
  #uploadAbort: AbortController | null = null;
  #lastTrackNumber = 0;

  constructor(backend: Backend, melWorker: Worker) {
    this.backend = backend;
    this.jobs = new Jobs(backend);
    this.jobs.onChange = (job) => this.#jobChanged(job);
    this.sounds = new Sounds(this.playback.player, melWorker);
  }

  get form(): FormState {
    return { fields: this.schema?.request ?? [], settings: this.settings };
  }

  get selected(): Track | null {
    return this.tracks.find((track) => track.id === this.selectedId) ?? null;
  }

  get hasOriginal(): boolean {
    return (this.media?.facts.audio.length ?? 0) > 0;
  }

  run(command: StudioCommand): void {
    runCommand(this, command);
  }

  // ---------------------------------------------------------------- the clip

  /** Plays the file at once and sends it meanwhile. */
  async openFile(file: File): Promise<void> {
    this.#uploadAbort?.abort();
    const abort = new AbortController();
    this.#uploadAbort = abort;
    this.close();
    this.pictureUrl = URL.createObjectURL(file);
    this.uploadShare = 0;
    try {
      const media = await this.backend.upload(file, (share) => (this.uploadShare = share), abort.signal);
      this.#use(media);
      this.notices.say(`${media.fileName} is open, ${media.facts.durationSeconds.toFixed(2)} seconds`);
    } catch (thrown) {
      if (!abort.signal.aborted) this.close();
      this.notices.caught(thrown);
    } finally {
      if (this.#uploadAbort === abort) this.uploadShare = null;
    }
  }

  /** Takes a session of an earlier visit up again. */
  async resume(saved: SavedSession): Promise<void> {
    const media = await this.backend.media(saved.mediaId);
    this.pictureUrl = this.backend.mediaUrl(media.id);
    this.#use(media);
    this.settings = saved.settings;
    this.tracks = saved.tracks.map((kept) => Track.restored(kept));
    this.#lastTrackNumber = Math.max(0, ...this.tracks.map((track) => track.number));
    this.selectedId = this.tracks[0]?.id ?? null;
    this.takes = saved.takes;
    this.mixes = saved.mixes;
    await Promise.all(
      [...saved.takes.map((take) => take.jobId), ...saved.mixes].map((id) => this.jobs.recall(id)),
    );
    for (const track of this.tracks) void this.look(track);
  }

  /** Back to the first page. Takes stay with the service. */
  close(): void {
    if (this.pictureUrl?.startsWith('blob:')) URL.revokeObjectURL(this.pictureUrl);
    this.playback.reset(0);
    this.sounds.clear();
    this.jobs.clear();
    this.media = null;
    this.pictureUrl = null;
    this.tracks = [];
    this.takes = [];
    this.mixes = [];
    this.test = null;
    this.selectedId = null;
    this.settings = {};
  }

  /** Closes the clip and does not come back to it by itself. */
  forget(): void {
    this.close();
    localStorage.removeItem(sessionKey);
  }

  #use(media: Media): void {
    this.media = media;
    const { durationSeconds, video } = media.facts;
    this.timeline.reset(durationSeconds, video.averageFps > 0 ? video.averageFps : 30);
    this.playback.reset(durationSeconds);
    if (!this.hasOriginal || media.byteLength > mostOriginalBytes) return;
    const url = this.backend.mediaUrl(media.id);
    this.sounds
      .loadOfClip(originalId, url, new AbortController().signal)
      .catch((thrown: unknown) => this.notices.caught(thrown));
  }

  // ---------------------------------------------------------------- tracks

  /** @param label null: the picture chooses */
  addTrack(label: string | null): Track {
    const number = ++this.#lastTrackNumber;
    const track = new Track(`track-${number}`, number, label);
    this.tracks = [...this.tracks, track];
    this.selectedId = track.id;
    void this.look(track);
    return track;
  }

  /** Its takes stay known to the service and to undo by reloading; the track itself leaves the mix. */
  removeTrack(track: Track): void {
    this.tracks = this.tracks.filter((other) => other !== track);
    if (this.selectedId === track.id) this.selectedId = this.tracks[0]?.id ?? null;
    if (this.test) this.test = null;
  }

  /** Sets a field, of the track or of all. */
  set(name: string, value: unknown, track: Track | null = this.selected): void {
    const field = this.form.fields.find((candidate) => candidate.name === name);
    if (!field) return;
    if (!trackFieldNames.has(name)) {
      this.settings = withValue(this.settings, field, value);
      for (const each of this.tracks) void this.look(each);
    } else if (track) {
      track.values = withValue(track.values, field, value);
      void this.look(track);
    }
  }

  /** Everything that is said for the whole clip, as it came. */
  resetSettings(): void {
    this.settings = {};
    for (const track of this.tracks) void this.look(track);
  }

  value(name: string, track: Track | null = this.selected): unknown {
    const field = this.form.fields.find((candidate) => candidate.name === name);
    return field && currentValue(field, trackFieldNames.has(name) ? (track?.values ?? {}) : this.settings);
  }

  /** When a track sounds: as edited, or as computed. */
  spansOf(track: Track): readonly Span[] {
    return track.spans ?? track.computedSpans(this.form.fields, this.settings);
  }

  /** One step of editing. */
  edit(
    track: Track,
    change: (spans: readonly Span[]) => readonly Span[],
    mergeKey: string | null = null,
  ): void {
    const before = this.spansOf(track);
    const after = change(before);
    track.edit(after, mergeKey);
    this.notices.say(describeEdit(before, after));
  }

  /** Looks for the label in the picture, or lets it choose one, unless that was done already. */
  async look(track: Track): Promise<void> {
    const { media, schema } = this;
    if (!media || !schema) return;
    const order = inspectOrder(media.id, this.form, track, new Set(schema.inspect));
    const key = inspectionKey(order);
    if (track.curveKey === key) return;
    track.curveKey = key;
    const before = this.jobs.get(track.inspectionJobId);
    track.inspectionJobId = null; // what it may still find is of another key
    try {
      if (before && isUnfinished(before)) await this.jobs.cancel(before.id);
      const job = await this.jobs.order(order);
      if (track.curveKey !== key) return;
      track.inspectionJobId = job.id;
      this.#jobChanged(this.jobs.get(job.id)!);
    } catch (thrown) {
      if (track.curveKey === key) track.curveKey = '';
      this.notices.caught(thrown);
    }
  }

  // ---------------------------------------------------------------- takes

  /** Orders takes of a track, as many as the form says. */
  async makeTakes(track: Track): Promise<void> {
    const { media } = this;
    if (!media) return;
    const seed = this.value('seed', track);
    const count = takeCount(this.form);
    const used = new Set(
      this.#takesOf(track)
        .map((take) => this.seedOf(take))
        .filter((known) => known !== null),
    );
    const seeds =
      typeof seed === 'number' ? freshSeeds(seed, count, used) : Array.from({ length: count }, () => null);
    this.notices.say(`making ${count === 1 ? 'a take' : `${count} takes`} of ${track.label}`);
    try {
      for (const order of generateOrders(media.id, this.form, track, seeds)) {
        const job = await this.jobs.order(order);
        this.takes = addTakes(this.takes, track.id, [job.id]);
      }
    } catch (thrown) {
      this.notices.caught(thrown);
    }
  }

  async makeAll(): Promise<void> {
    for (const track of this.tracks) await this.makeTakes(track);
  }

  /** Takes made with exactly the request that stands now: only their seeds are used up. */
  #takesOf(track: Track): Take[] {
    const signature = signatureOf(requestValues(this.form, track), track.spans && sentSpans(track.spans));
    return listedTakes(this.takes, track.id, true).filter((take) => {
      const order = this.jobs.get(take.jobId)?.order;
      return (
        order?.kind === 'generate' && signatureOf(order.request, order.timing?.spans ?? null) === signature
      );
    });
  }

  seedOf(take: Take): number | null {
    const order = this.jobs.get(take.jobId)?.order;
    return order?.kind === 'generate' ? order.request.seed : null;
  }

  hearTake(track: Track, jobId: string): void {
    track.currentJobId = jobId;
    this.test = null;
  }

  // ---------------------------------------------------------------- the mix

  get channels(): Channel[] {
    const own = this.tracks.map(
      (track): Channel => ({
        id: track.id,
        gainDb: track.gainDb,
        isMuted: track.isMuted,
        isSolo: track.isSolo,
      }),
    );
    const gain = this.value('originalGain');
    const original: Channel = {
      id: originalId,
      gainDb: typeof gain === 'number' ? gain : 0,
      isMuted: this.value('original') !== 'mix' && !this.isOriginalSolo,
      isSolo: this.isOriginalSolo,
    };
    return this.hasOriginal ? [...own, original] : own;
  }

  /** Which take of a track sounds now: in a comparison, the one that is listened to. */
  soundingJob(track: Track): string | null {
    const { test } = this;
    const tested = test && this.takes.find((take) => take.jobId === test.a)?.trackId === track.id;
    return tested ? heardTake(test) : track.currentJobId;
  }

  /** Level of every loaded sound. */
  get levels(): Map<string, { factor: number; pan: number }> {
    const factors = mixFactors(this.channels);
    const levels = new Map<string, { factor: number; pan: number }>();
    for (const track of this.tracks) {
      const jobId = this.soundingJob(track);
      if (jobId !== null) levels.set(jobId, { factor: factors.get(track.id) ?? 0, pan: track.pan });
    }
    if (this.hasOriginal) levels.set(originalId, { factor: factors.get(originalId) ?? 0, pan: 0 });
    return levels;
  }

  /** Writes the mix that is heard: mix, stems and the clip with it. */
  async writeMix(): Promise<void> {
    const { media } = this;
    if (!media) return;
    const parts = this.tracks.flatMap((track) =>
      track.currentJobId === null || this.jobs.get(track.currentJobId)?.state !== 'succeeded'
        ? []
        : [
            {
              jobId: track.currentJobId,
              name: this.jobs.get(track.currentJobId)?.takes[0]?.chosenLabel?.label ?? track.label,
              gainDb: track.gainDb,
              pan: track.pan,
              isMuted: track.isMuted,
            },
          ],
    );
    if (parts.length === 0) return;
    try {
      const job = await this.jobs.order(mixOrder(media.id, this.form, parts, `Mix ${this.mixes.length + 1}`));
      this.mixes = [...this.mixes, job.id];
      this.notices.say('writing the mix');
    } catch (thrown) {
      this.notices.caught(thrown);
    }
  }

  // ---------------------------------------------------------------- what the service tells

  #jobChanged(job: Job): void {
    if (job.state === 'failed' && job.error) this.notices.problem(job.error.message, job.error.hint);
    if (job.kind === 'inspect') {
      const track = this.tracks.find((candidate) => candidate.inspectionJobId === job.id);
      if (track && job.inspection && job.order.kind === 'inspect') {
        track.see(job.inspection, job.order.request);
        const found = describeFound(track.label, job.inspection);
        this.notices.say(`${found}; ${countSounds(this.spansOf(track).length)}`);
      }
      if (track && (job.state === 'failed' || job.state === 'cancelled')) track.curveKey = '';
    }
    if (job.kind === 'generate' && job.state === 'succeeded') void this.#fetchTake(job);
    if (job.kind === 'mix' && job.state === 'succeeded') this.notices.say('the mix is written');
  }

  async #fetchTake(job: Job): Promise<void> {
    const wav = job.files.find((candidate) => candidate.kind === 'wav');
    const file = wav ?? job.files.find((candidate) => candidate.kind === 'flac');
    if (!file) return;
    const url = this.backend.fileUrl(job.id, file.id);
    try {
      if (wav) await this.sounds.loadWav(job.id, url);
      else await this.sounds.loadOfClip(job.id, url, new AbortController().signal);
    } catch (thrown) {
      this.notices.caught(thrown);
      return;
    }
    const take = this.takes.find((candidate) => candidate.jobId === job.id);
    const track = this.tracks.find((candidate) => candidate.id === take?.trackId);
    if (!take || !track) return;
    if (track.currentJobId === null || this.jobs.get(track.currentJobId)?.state !== 'succeeded')
      track.currentJobId = job.id;
    this.notices.say(`${take.name} of ${track.label} is ready`);
  }
}

/** A clip above this is not fetched as a whole for its own sound. */
const mostOriginalBytes = 300e6;
