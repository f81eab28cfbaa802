/** @file The page of a report: its tables, and scenes to look at and listen to. */
import { breakdownTable, escapeHtml, type Html, metricTable, scoreTable } from './html-tables.js';
import { labelsTold, modelName, type Report } from './markdown.js';
import { judgeTitle, type SetReport } from './report.js';
import { type SystemId, systems } from './systems.js';

/** A scene that can be heard. Addresses are relative to the page. */
export interface HeardScene {
  readonly id: string;
  readonly set: SetReport['set'];
  readonly title: string;
  readonly durationSeconds: number;
  readonly strip: string;
  /** Shares of the duration. */
  readonly visible: readonly (readonly [start: number, end: number])[];
  readonly sounding: readonly (readonly [start: number, end: number])[];
  readonly takes: readonly {
    readonly system: SystemId;
    readonly sound: string;
    readonly spectrogram: string;
    /** What was measured on it, in words. */
    readonly measured: string;
  }[];
}

const setTitles = { continuous: 'Continuous benchmark', general: 'General set' } as const;

/** The whole page; it asks for nothing but the files beside it. */
export function reportPage(report: Report, heard: readonly HeardScene[]): Html {
  const rows = report.sets[0]?.groups[0]?.table.rows ?? [];
  const used = rows.map(({ system }) => system as SystemId);
  const name = modelName(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation of ${escapeHtml(name)}</title>
<style>${style}</style>
</head>
<body>
<header><h1>Evaluation of ${escapeHtml(name)}</h1>
<p>${report.steps} steps, guidance ${report.guidance ?? "the model's own"}, seed ${report.seed}. ${labelsTold(report)}</p>
<nav>${report.sets
    .map(
      ({ set }) =>
        `<a href="#${set}">${setTitles[set]}</a>${heard.some((scene) => scene.set === set) ? ` <a href="#listen-${set}">listen</a>` : ''}`,
    )
    .join(' ')}</nav></header>
<main>
<section><h2>Systems</h2><dl>${used
    .map((id) => `<dt>${escapeHtml(id)}</dt><dd>${escapeHtml(systems[id].title)}</dd>`)
    .join('\n')}</dl></section>
${report.sets.map((set) => setSection(set, report, heard)).join('\n')}
</main>
<script>${script}</script>
</body>
</html>
`;
}

function setSection(set: SetReport, { against }: Report, heard: readonly HeardScene[]): Html {
  const own = heard.filter((scene) => scene.set === set.set);
  const breakdowns = [
    ['kind of scene', set.byKind],
    ['class', set.byClass],
  ] as const;
  return `<section id="${set.set}"><h2>${setTitles[set.set]}: ${set.scenes} scenes</h2>
${set.groups.map(({ title, table }) => `<h3>${escapeHtml(title)}</h3>${metricTable(table, against)}`).join('\n')}
${set.scores.map((scores) => `<h3>All sounds together, by ${escapeHtml(judgeTitle(scores.judge))}</h3>${scoreTable(scores, against)}`).join('\n')}
${breakdowns
  .map(([by, groups]) => {
    const tables = (groups[0]?.table.metrics ?? [])
      .map((metric) => [metric.title, breakdownTable(by, metric, groups)] as const)
      .filter(([, table]) => table !== '');
    return `<details><summary>By ${by}</summary>${tables
      .map(([title, table]) => `<h4>${escapeHtml(title)}</h4>${table}`)
      .join('\n')}</details>`;
  })
  .join('\n')}
${own.length === 0 ? '' : `<section id="listen-${set.set}"><h3>Listen</h3><p class="note"><i class="key see"></i> in the picture <i class="key hear"></i> sounding, in truth</p>${own.map(sceneArticle).join('\n')}</section>`}
</section>`;
}

function sceneArticle(scene: HeardScene): Html {
  const lane = (name: string, spans: HeardScene['visible']): Html =>
    `<div class="lane ${name}" role="img" aria-label="${name}: ${spansText(spans, scene.durationSeconds)}">${spans
      .map(
        ([start, end]) =>
          `<i style="left:${(100 * start).toFixed(2)}%;width:${(100 * (end - start)).toFixed(2)}%"></i>`,
      )
      .join('')}</div>`;
  const takes = scene.takes.map(
    ({ system, sound, spectrogram, measured }) => `<div class="take"><div class="name"><b>${escapeHtml(
      system,
    )}</b> <span>${escapeHtml(systems[system].title)}</span></div>
<div class="picture"><img src="${escapeHtml(spectrogram)}" loading="lazy" alt="spectrogram"><i class="now"></i></div>
<audio controls preload="none" src="${escapeHtml(sound)}"></audio><p>${escapeHtml(measured)}</p></div>`,
  );
  return `<article><h4>${escapeHtml(scene.title)}</h4>
<img class="strip" src="${escapeHtml(scene.strip)}" loading="lazy" alt="frames of the scene">
${lane('visible', scene.visible)}${lane('sounding', scene.sounding)}
<div class="takes">${takes.join('\n')}</div></article>`;
}

function spansText(spans: HeardScene['visible'], durationSeconds: number): string {
  if (spans.length === 0) return 'never';
  return spans
    .map(
      ([start, end]) => `${(start * durationSeconds).toFixed(1)} to ${(end * durationSeconds).toFixed(1)} s`,
    )
    .join(', ');
}

const style = `
:root{color-scheme:light dark;--ink:#1c1d22;--quiet:#5c5f6b;--paper:#fbfaf8;--line:#dcd9d2;--mark:#9c4f10;--see:#3f78b5;--hear:#b5673f}
@media (prefers-color-scheme:dark){:root{--ink:#ececf0;--quiet:#a3a6b3;--paper:#17181c;--line:#34363e;--mark:#f0a868}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header,main{max-width:1240px;margin:0 auto;padding:0 20px}
h1{margin:32px 0 4px;font-size:26px}h2{margin:44px 0 8px;padding-top:12px;border-top:1px solid var(--line)}h3{margin:30px 0 8px}h4{margin:22px 0 6px}
nav a{margin-right:14px}a{color:var(--mark)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px}dt{font-weight:600}dd{margin:0}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:4px 12px 4px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:baseline}
thead th{font-weight:500;color:var(--quiet);max-width:170px;vertical-align:bottom}
tbody th{font-weight:600;white-space:nowrap}th.bound{font-weight:400;font-style:italic}
td{white-space:nowrap}td small{color:var(--quiet);font-size:12px}td strong{color:var(--mark)}.absent{color:var(--quiet)}
.note{color:var(--quiet);font-size:13px;margin:6px 0 0}
details{margin-top:22px}summary{cursor:pointer;font-weight:600}
article{margin:26px 0 40px}
.strip{display:block;width:100%;max-width:960px;height:auto;border-radius:4px 4px 0 0}
.lane{position:relative;height:7px;max-width:960px;background:var(--line);margin-top:2px}
.lane i{position:absolute;top:0;bottom:0;background:var(--see)}.sounding i{background:var(--hear)}
.key{display:inline-block;width:22px;height:7px}.key.see{background:var(--see)}.key.hear{background:var(--hear)}.hear{margin-left:12px}
.takes{display:grid;grid-template-columns:repeat(auto-fill,minmax(280px,1fr));gap:18px;margin-top:14px}
.take .name{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}.take .name span{color:var(--quiet);font-size:13px}
.take .picture{position:relative;cursor:pointer}.take img{display:block;width:100%;height:96px;image-rendering:auto;border-radius:3px}
.take .now{position:absolute;top:0;bottom:0;left:0;width:1px;background:#fff;opacity:0}
.take audio{width:100%;height:34px;margin-top:4px}.take p{margin:2px 0 0;color:var(--quiet);font-size:12px;line-height:1.4}
`;

/** One sound at a time, a line in its spectrogram where it is, and a click there to go on from. */
const script = `
for (const take of document.querySelectorAll('.take')) {
  const audio = take.querySelector('audio');
  const now = take.querySelector('.now');
  const draw = () => {
    now.style.left = (100 * audio.currentTime / (audio.duration || 1)) + '%';
    if (!audio.paused) requestAnimationFrame(draw);
  };
  audio.addEventListener('play', () => {
    for (const other of document.querySelectorAll('audio')) if (other !== audio) other.pause();
    now.style.opacity = 1;
    draw();
  });
  take.querySelector('.picture').addEventListener('click', (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    const go = () => { audio.currentTime = share * audio.duration; audio.play(); };
    if (audio.readyState > 0) go();
    else { audio.addEventListener('loadedmetadata', go, { once: true }); audio.load(); }
  });
}
`;
