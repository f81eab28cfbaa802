import { describe, expect, it } from 'vitest';
import { planCheckpoint } from '../../src/weights/checkpoint-names.js';

const plan = (...names: string[]) => {
  const { kept, dropped } = planCheckpoint(names);
  return { kept: Object.fromEntries(kept), dropped };
};

describe('planCheckpoint', () => {
  it('leaves a bare state dictionary as it is', () => {
    expect(plan('conv_in.weight', 'optimum.weight')).toEqual({
      kept: { 'conv_in.weight': 'conv_in.weight', 'optimum.weight': 'optimum.weight' },
      dropped: [],
    });
  });

  it("takes off Lightning's wrapping and DataParallel's, and leaves the training behind", () => {
    expect(
      plan(
        'epoch',
        'state_dict.module.conv_in.weight',
        'state_dict.module.conv_in.bias',
        'optimizer.state.0.exp_avg',
      ),
    ).toEqual({
      kept: {
        'state_dict.module.conv_in.weight': 'conv_in.weight',
        'state_dict.module.conv_in.bias': 'conv_in.bias',
      },
      dropped: ['epoch', 'optimizer.state.0.exp_avg'],
    });
  });

  it('takes off a dictionary "model", and leaves a network alone that begins so', () => {
    const names = ['model.fc.weight', 'optimizer.state.0.exp_avg'];
    expect(planCheckpoint(names, new Set(['model', 'optimizer']))).toEqual({
      kept: new Map([['model.fc.weight', 'fc.weight']]),
      dropped: ['optimizer.state.0.exp_avg'],
    });
    expect(plan('model.fc.weight').kept).toEqual({ 'model.fc.weight': 'model.fc.weight' });
  });

  it("finds HiFi-GAN's generator", () => {
    expect(plan('generator.conv_pre.weight_g', 'mpd.0.weight', 'optim_g.state.0.step')).toEqual({
      kept: { 'generator.conv_pre.weight_g': 'conv_pre.weight_g' },
      dropped: ['mpd.0.weight', 'optim_g.state.0.step'],
    });
  });

  it("keeps IP-Adapter's two dictionaries apart", () => {
    const names = ['image_proj.proj.weight', 'ip_adapter.1.to_k_ip.weight'];
    expect(Object.values(plan(...names).kept)).toEqual(names);
  });

  it('drops an optimiser that lies beside bare weights', () => {
    expect(plan('module.conv.weight', 'optimizer_states.0.state.0.exp_avg', 'lr_schedulers.0.last')).toEqual({
      kept: { 'module.conv.weight': 'conv.weight' },
      dropped: ['optimizer_states.0.state.0.exp_avg', 'lr_schedulers.0.last'],
    });
  });
});
