/** Behaviour of `report.html`. Without it everything is visible, the slider stands in the middle. */
export const reportScript = `
for (const slider of document.querySelectorAll('.compare input')) {
  const show = () => {
    slider.parentElement.style.setProperty('--at', slider.value + '%');
    slider.setAttribute('aria-valuetext', Math.round(100 - slider.value) + ' % enhanced');
  };
  slider.addEventListener('input', show);
  show();
}
const root = document.documentElement;
const buttons = [...document.querySelectorAll('.swatches button')];
const custom = document.querySelector('.swatches input');
const choose = (colour, pressed) => {
  // An empty value falls back to the checkerboard.
  root.style.setProperty('--back', colour || 'initial');
  for (const button of buttons) button.setAttribute('aria-pressed', String(button === pressed));
};
for (const button of buttons) button.addEventListener('click', () => choose(button.dataset.colour, button));
custom.addEventListener('input', () => choose(custom.value));
`;
