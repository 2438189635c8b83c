'use client';

import {
  cutOut,
  LatentMatteError,
  preload,
  // No hook of React, whatever linters take it for.
  useWebBackend as startBackend,
} from '@latent-matte/backend-web/page';
import { useEffect, useState } from 'react';

let started;

/** One worker for the page, however often React mounts it. */
async function start() {
  started ??= startBackend();
  const backend = await started;
  await preload();
  return backend;
}

/** Cuts out in the browser; `/api/cut-out` does on the server. */
export default function Page() {
  const [status, setStatus] = useState('Starting …');
  const [address, setAddress] = useState();

  useEffect(() => {
    start().then(
      ({ description }) => setStatus(`Ready: ${description}`),
      (error) => setStatus(error.message),
    );
  }, []);

  async function choose({ target }) {
    const [file] = target.files;
    if (file === undefined) return;
    setStatus('Cutting out …');
    try {
      const person = await cutOut(file);
      setAddress(URL.createObjectURL(await person.toBlob()));
      setStatus(`Done: ${Math.round(person.confidence * 100)} % sure.`);
    } catch (error) {
      if (!LatentMatteError.isInstance(error)) throw error;
      setStatus(error.message);
    }
  }

  return (
    <main>
      <h1>Cut a person out</h1>
      <p>
        <label>
          Photo <input type="file" id="photo" accept="image/*" onChange={choose} />
        </label>
      </p>
      <p id="status" role="status">
        {status}
      </p>
      {address && (
        // biome-ignore lint/performance/noImgElement: next/image has nothing to do for a blob
        <img id="result" alt="" src={address} style={{ maxWidth: '100%' }} />
      )}
    </main>
  );
}
