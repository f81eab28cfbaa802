/** @file Starts the page. */
import './no-eval.js';
import { mount } from 'svelte';
import App from './App.svelte';
import './look.css';
import { createBackend } from './http-backend.js';
import { Studio } from './studio.svelte.js';

const melWorker = new Worker(new URL('./mel-worker.ts', import.meta.url), { type: 'module' });
mount(App, { target: document.body, props: { studio: new Studio(createBackend(), melWorker) } });
