/** @file The command line as a program, from source. */
import { main } from '../../src/cli/main.js';

process.exitCode = await main(process.argv.slice(2));
