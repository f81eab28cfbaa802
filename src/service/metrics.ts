/** @file Counters, gauges and histograms in the text format of Prometheus. */

export type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly samples: Map<string, number>;
}

/** Seconds: from a static file to a long job. */
const buckets: readonly number[] = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1800];

export class Metrics {
  readonly #families = new Map<string, Family>();

  /** Adds to a counter. */
  count(name: string, help: string, labels: Labels = {}, by = 1): void {
    this.#add(this.#family(name, help, 'counter'), name, labels, by);
  }

  /** Sets a gauge. */
  gauge(name: string, help: string, value: number, labels: Labels = {}): void {
    this.#family(name, help, 'gauge').samples.set(`${name}${labelText(labels)}`, value);
  }

  /** Adds a duration to a histogram. */
  observe(name: string, help: string, seconds: number, labels: Labels = {}): void {
    const family = this.#family(name, help, 'histogram');
    for (const bucket of buckets) {
      this.#add(family, `${name}_bucket`, { ...labels, le: String(bucket) }, seconds <= bucket ? 1 : 0);
    }
    this.#add(family, `${name}_bucket`, { ...labels, le: '+Inf' }, 1);
    this.#add(family, `${name}_sum`, labels, seconds);
    this.#add(family, `${name}_count`, labels, 1);
  }

  /** The page that Prometheus reads. */
  text(): string {
    const lines: string[] = [];
    for (const { name, help, kind, samples } of this.#families.values()) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
      for (const [sample, value] of samples) lines.push(`${sample} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }

  #family(name: string, help: string, kind: Family['kind']): Family {
    let family = this.#families.get(name);
    if (!family) {
      family = { name, help, kind, samples: new Map() };
      this.#families.set(name, family);
    }
    return family;
  }

  #add(family: Family, name: string, labels: Labels, by: number): void {
    const sample = `${name}${labelText(labels)}`;
    family.samples.set(sample, (family.samples.get(sample) ?? 0) + by);
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) =>
      `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
