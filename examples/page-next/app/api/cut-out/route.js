import {
  cutOut,
  LatentMatteError,
  // No hook of React, whatever linters take it for.
  useNodeBackend as startBackend,
} from '@latent-matte/backend-node';

// Once for all requests.
const started = startBackend();

/** A photo as the body of the request, the person as PNG: `curl --data-binary @photo.jpg …/api/cut-out > person.png`. */
export async function POST(request) {
  await started;
  try {
    const person = await cutOut(Buffer.from(await request.arrayBuffer()), {
      signal: request.signal,
    });
    return new Response(await person.toBuffer('png'), { headers: { 'content-type': 'image/png' } });
  } catch (error) {
    if (!LatentMatteError.isInstance(error)) throw error;
    return Response.json({ code: error.code, message: error.message }, { status: 422 });
  }
}
