import { element } from '../elements';
import { PageError, showError } from '../notice';

const dialog = element<HTMLDialogElement>('camera');
const video = element<HTMLVideoElement>('video');
const take = element<HTMLButtonElement>('camera-take');

let stream: MediaStream | undefined;

/** Opens the camera; `onPicture` gets the frame that the person chose. */
export async function openCamera(onPicture: (picture: Blob) => void): Promise<void> {
  try {
    stream = await requestCamera();
  } catch (error) {
    showError(whatIsWrong(error));
    return;
  }
  video.srcObject = stream;
  dialog.showModal();
  await video.play();
  take.disabled = false;
  take.onclick = async () => {
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext('2d')!.drawImage(video, 0, 0);
    dialog.close();
    onPicture(await canvas.convertToBlob());
  };
}

async function requestCamera(): Promise<MediaStream> {
  if (navigator.mediaDevices === undefined) {
    throw new PageError(
      'There is no camera here',
      'This page may not use a camera.',
      'Open it over https, or choose a file.',
    );
  }
  return await navigator.mediaDevices.getUserMedia({
    video: { facingMode: 'user', width: { ideal: 1280 }, height: { ideal: 960 } },
  });
}

function whatIsWrong(error: unknown): unknown {
  if (!(error instanceof DOMException)) return error;
  return error.name === 'NotAllowedError'
    ? new PageError(
        'The camera was not allowed',
        'The browser or you refused it.',
        'Allow it beside the address of the page, or choose a file.',
      )
    : new PageError(
        'The camera does not start',
        error.message || error.name,
        'Close other programs that use it, or choose a file.',
      );
}

// However the dialog is closed, the camera goes off.
dialog.addEventListener('close', () => {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = undefined;
  video.srcObject = null;
  take.disabled = true;
});
element('camera-close').addEventListener('click', () => dialog.close());
