/** @file `--offline` for commands that need no network: it is taken so that scripts can give it everywhere. */
import { Option } from 'commander';

/** Generating and inspecting open no connection, with and without it; models are got by `models pull` alone. */
export function offlineOption(): Option {
  return new Option('--offline', 'open no connection (this command never does)').helpGroup('Machine:');
}
