'use client';

import { cutOut, LatentMatteError, preload, useWebBackend } from '@latent-matte/backend-web/page';
import { useEffect, useState } from 'react';

/** Cuts out in the browser; `/api/cut-out` does on the server. */
export default function Page() {
  const [status, setStatus] = useState('Starting …');
  const [address, setAddress] = useState();

  useEffect(() => {
    let backend;
    let gone = false;
    const start = async () => {
      backend = await useWebBackend();
      if (gone) return backend.dispose();
      await preload();
      setStatus(`Ready: ${backend.description}`);
    };
    start().catch((error) => !gone && setStatus(error.message));
    return () => {
      gone = true;
      backend?.dispose();
    };
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
      {address && <img id="result" alt="" src={address} style={{ maxWidth: '100%' }} />}
    </main>
  );
}
