/** The home page: sessions as they come and go, and commands for the reader's own stream name. */
import { tokenedPath } from './own-token.js';
import { showSessions } from './session-list.js';

/** Time between two looks at the sessions, and how long one may take. */
const REFRESH_MS = 2_000;
const REFRESH_TIMEOUT_MS = 5_000;
/** How long a button says that it has copied. */
const COPIED_MS = 1_500;
const SLUG_PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;

// ── sessions ────────────────────────────────────────────────────────────────────────────────────────────────────────

async function refresh() {
  try {
    const response = await fetch(tokenedPath('/sessions'), { signal: AbortSignal.timeout(REFRESH_TIMEOUT_MS) });
    byId('token-needed').hidden = ![401, 403].includes(response.status);
    byId('trouble').hidden = true;
    if (!byId('token-needed').hidden) return;
    if (!response.ok) throw new Error(`status ${response.status}`);
    const { sessions } = await response.json();
    showSessions(byId('sessions'), sessions);
    byId('no-sessions').hidden = sessions.length > 0;
  } catch {
    byId('trouble').hidden = false;
  }
}

async function keepFresh() {
  if (!document.hidden) await refresh();
  setTimeout(() => void keepFresh(), REFRESH_MS);
}

// ── the reader's stream ─────────────────────────────────────────────────────────────────────────────────────────────

/** @param {HTMLInputElement} input */
function useName(input) {
  const name = input.value.trim();
  const isGood = SLUG_PATTERN.test(name);
  input.ariaInvalid = isGood ? null : 'true';
  if (!isGood) return;
  for (const place of document.querySelectorAll('[data-name]')) place.textContent = name;
  byId('watch-link').setAttribute('href', tokenedPath(`/watch/${name}`));
}

/** @param {HTMLElement} code */
function addCopyButton(code) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.setAttribute('aria-describedby', code.id);
  button.addEventListener('click', () => void copy(code, button));
  code.after(button);
}

/**
 * Browsers give no clipboard to pages that came over plain HTTP from elsewhere; the text is then selected instead.
 *
 * @param {HTMLElement} code
 * @param {HTMLButtonElement} button
 */
async function copy(code, button) {
  try {
    await navigator.clipboard.writeText((code.textContent ?? '').replace(/\s+/g, ' ').trim());
    button.textContent = 'Copied';
  } catch {
    getSelection()?.selectAllChildren(code);
    button.textContent = 'Selected';
  }
  setTimeout(() => (button.textContent = 'Copy'), COPIED_MS);
}

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element #${id}.`);
  return found;
}

const nameInput = /** @type {HTMLInputElement} */ (byId('name'));
nameInput.addEventListener('input', () => useName(nameInput));
useName(nameInput);
for (const id of ['obs-server', 'obs-key', 'from-file', 'from-microphone']) addCopyButton(byId(id));
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void refresh();
});
void keepFresh();
