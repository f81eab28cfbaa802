/** @file Which of several texts is nearest to a label, in the space of the sentences. */
import type { ImageTextEncoder } from '../conditions/frame-embeddings.js';

/**
 * The candidate whose text is the label itself, else the one with the highest cosine to it; of equal ones the first.
 * @param candidates at least one
 */
export async function nearestText<Candidate extends { readonly text: string }>(
  label: string,
  candidates: readonly Candidate[],
  encoder: Pick<ImageTextEncoder, 'embedTexts'>,
): Promise<Candidate> {
  const same = candidates.find(({ text }) => text === label);
  if (same !== undefined) return same; // a text is nearest to itself
  const [wanted, ...known] = await encoder.embedTexts([label, ...candidates.map(({ text }) => text)]);
  let nearest = candidates[0]!;
  let highest = Number.NEGATIVE_INFINITY;
  known.forEach((embedding, index) => {
    const likeness = cosine(embedding, wanted!);
    if (likeness <= highest) return;
    highest = likeness;
    nearest = candidates[index]!;
  });
  return nearest;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, ofA, ofB] = [0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    product += a[index]! * b[index]!;
    ofA += a[index]! ** 2;
    ofB += b[index]! ** 2;
  }
  return product / Math.sqrt(ofA * ofB || 1);
}
