// Renews the page where it changes, and shows the reader's own time beside UTC. Without it the page is complete, too.
/* global document, location, fetch, DOMParser, EventSource */
const live = document.querySelector('#live');
let isReading = false;
let isOutdated = false;

/** Fetches the page again and replaces the parts that changed; what a reader opened stays open. */
async function renew() {
  if (isReading) {
    isOutdated = true;
    return;
  }
  isReading = true;
  isOutdated = false;
  try {
    const response = await fetch(location.href, { cache: 'no-store' });
    if (response.status === 401) location.reload();
    if (!response.ok) return say('The database cannot be reached.', true);
    replaceParts(new DOMParser().parseFromString(await response.text(), 'text/html'));
    say('live', false);
  } catch {
    say('No connection; trying again.', true);
  } finally {
    isReading = false;
    if (isOutdated) void renew();
  }
}

function replaceParts(fresh) {
  for (const part of document.querySelectorAll('[data-part]')) {
    const next = fresh.getElementById(part.id);
    if (next === null) continue;
    showLocalTimes(next);
    keepOpen(part, next);
    if (part.innerHTML === next.innerHTML && part.className === next.className) continue;
    const focused = focusables(part).indexOf(document.activeElement);
    part.hidden = next.hidden;
    part.className = next.className;
    part.replaceChildren(...next.childNodes);
    if (focused >= 0) focusables(part)[focused]?.focus();
  }
}

function keepOpen(part, next) {
  const fresh = next.querySelectorAll('details');
  part.querySelectorAll('details').forEach((one, at) => {
    if (one.open) fresh[at]?.setAttribute('open', '');
  });
}

function focusables(part) {
  return [...part.querySelectorAll('a, summary, [tabindex]')];
}

function showLocalTimes(root) {
  for (const time of root.querySelectorAll('time')) {
    time.title = new Date(time.dateTime).toLocaleString(undefined, {
      dateStyle: 'medium',
      timeStyle: 'long',
    });
  }
}

function say(text, isAway) {
  if (live.textContent !== text) live.textContent = text;
  live.classList.toggle('away', isAway);
}

showLocalTimes(document);
const events = new EventSource('/events');
events.addEventListener('open', () => say('live', false));
events.addEventListener('changed', () => void renew());
events.addEventListener('away', () => say('The database cannot be reached.', true));
events.addEventListener('error', () => say('No connection; trying again.', true));
