/** @file The learning rate over the steps: a linear warm-up, then constant or half a cosine. */
import { z } from 'zod';

export const learningRateSchema = z.strictObject({
  /** The rate after the warm-up. */
  peak: z.number().positive(),
  /** Steps over which the rate rises linearly from nothing. */
  warmUpSteps: z.int().nonnegative().default(100),
  shape: z.enum(['constant', 'cosine']).default('cosine'),
  /** Where the cosine ends, as a share of the peak. */
  finalShare: z.number().min(0).max(1).default(0.05),
});

export type LearningRate = z.infer<typeof learningRateSchema>;

/**
 * The rate of one step.
 * @param step counted from 0
 * @param totalSteps where the cosine ends; later steps stay at the end
 */
export function learningRateAt(rate: LearningRate, step: number, totalSteps: number): number {
  if (step < rate.warmUpSteps) return (rate.peak * (step + 1)) / rate.warmUpSteps;
  if (rate.shape === 'constant') return rate.peak;
  const progress = Math.min(1, (step - rate.warmUpSteps) / Math.max(1, totalSteps - rate.warmUpSteps));
  const end = rate.peak * rate.finalShare;
  return end + (rate.peak - end) * 0.5 * (1 + Math.cos(Math.PI * progress));
}
