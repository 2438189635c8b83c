#!/usr/bin/env node
// In the repository, so that a package manager can link the command before the first build.
import { run } from '../dist/index.js';

process.exitCode = await run(process.argv.slice(2));
