/** @file How large and how fast a thing is taken to be, by what its label resembles among the things of the scenes. */
import type { ImageTextEncoder } from '../conditions/frame-embeddings.js';
import type { SceneSubject } from '../data/scene-subject.js';
import { SCENE_SUBJECTS } from '../data/scene-subjects.js';
import { SOUND_CLASSES, soundClass } from '../data/sound-classes.js';
import { nearestText } from './nearest-text.js';

export interface SizedThing {
  /** Of the scene subject that it was taken for. */
  readonly subject: string;
  /** Root of its area in metres, in a picture whose height is stretched to its width (conditions/motion-curve.ts). */
  readonly sizeMetres: number;
  /** It is not taken to move faster. */
  readonly fastestMetresPerSecond: number;
}

/** The shorter side of a thing by its longer one, of which its size is known. */
const shorterSide = 0.6;
/** Scenes draw speeds up to the table's; what is met in a clip may be somewhat faster. */
const speedMargin = 1.5;

/**
 * Takes the label for the scene subject whose name, or whose sound, has the nearest embedding among texts.
 * @param aspect width of the clip's picture by its height
 * @returns null when the nearest sound belongs to no subject, such as rain
 */
export async function assumeSize(
  label: string,
  aspect: number,
  encoder: Pick<ImageTextEncoder, 'embedTexts'>,
): Promise<SizedThing | null> {
  const candidates = sizeCandidates();
  const { candidate: nearest } = await nearestText(label, candidates, encoder);
  if (nearest.subject === null) return null;
  const { id, widthMetres, heightMetres, metresPerSecond } = nearest.subject;
  const [low, high] = (widthMetres ?? heightMetres)!;
  const longerSide = Math.sqrt(low * high);
  return {
    subject: id,
    sizeMetres: longerSide * Math.sqrt(shorterSide * aspect),
    fastestMetresPerSecond: speedMargin * metresPerSecond[1],
  };
}

interface SizeCandidate {
  readonly text: string;
  readonly subject: SceneSubject | null;
}

/** Names of the subjects and of their sounds, and the sounds that no subject makes. */
function sizeCandidates(): SizeCandidate[] {
  const ofSubjects = SCENE_SUBJECTS.flatMap((subject): SizeCandidate[] => [
    { text: subject.id.replaceAll('-', ' '), subject },
    { text: soundClass(subject.soundClassIds[0]!).phrases[0]!, subject },
  ]);
  const heard = new Set(SCENE_SUBJECTS.flatMap((subject) => subject.soundClassIds));
  const others = SOUND_CLASSES.filter(({ id }) => !heard.has(id)).map(({ phrases }) => ({
    text: phrases[0]!,
    subject: null,
  }));
  const known = new Set<string>();
  return [...ofSubjects, ...others].filter(({ text }) => {
    const isNew = !known.has(text);
    known.add(text);
    return isNew;
  });
}
