// A classic script: the site is opened from the disk too, where a browser loads no modules.
'use strict';

const base = document.currentScript.dataset.base;
const field = document.getElementById('search');
const results = document.getElementById('results');
const resultsMax = 12;
const resultsOfPageMax = 2;
const excerptChars = 160;
let index;

/** The index is built at the first use, in the browser. */
function loadIndex() {
  if (index !== undefined) return index;
  index = new Promise((resolve) => {
    window.searchSections = (sections) => {
      const search = new window.MiniSearch({
        fields: ['heading', 'title', 'text'],
        storeFields: ['heading', 'title', 'url', 'text'],
        searchOptions: { boost: { heading: 4, title: 2 }, prefix: true, fuzzy: 0.1, combineWith: 'AND' },
      });
      search.addAll(sections.map((section, id) => ({ id, ...section })));
      resolve(search);
    };
    loadScript('minisearch.js', () => loadScript('search-sections.js'));
  });
  return index;
}

function loadScript(name, onLoad) {
  const script = document.createElement('script');
  script.src = `${base}assets/${name}`;
  script.onload = onLoad ?? null;
  document.head.append(script);
}

async function search() {
  const text = field.value.trim();
  if (text === '') return show([]);
  const found = (await loadIndex()).search(text);
  if (field.value.trim() === text) show(bestOfEachPage(found), text);
}

/** A long page that says the word in each part leaves room for others. */
function bestOfEachPage(found) {
  const counts = new Map();
  const isShown = ({ title }) => {
    counts.set(title, (counts.get(title) ?? 0) + 1);
    return counts.get(title) <= resultsOfPageMax;
  };
  return found.filter(isShown).slice(0, resultsMax);
}

function show(found, text) {
  results.replaceChildren(...found.map((one) => resultOf(one, text)));
  if (found.length === 0 && text !== undefined) results.textContent = 'Nothing found.';
  results.hidden = text === undefined;
}

function resultOf({ title, heading, url, text, terms }) {
  const link = document.createElement('a');
  link.href = base + url;
  const place = document.createElement('strong');
  place.textContent = heading === '' || heading === title ? title : `${title} › ${heading}`;
  const at = Math.max(0, text.toLowerCase().indexOf(terms[0] ?? '') - excerptChars / 4);
  const excerpt = document.createElement('span');
  excerpt.textContent = `${at > 0 ? '…' : ''}${text.slice(at, at + excerptChars)}…`;
  link.append(place, excerpt);
  return link;
}

field.addEventListener('focus', () => void loadIndex());
field.addEventListener('input', () => void search());
document.addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof HTMLInputElement;
  if (event.key === '/' && !isTyping) {
    event.preventDefault();
    field.focus();
  }
  if (event.key === 'Escape') show([]);
});
document.addEventListener('click', (event) => {
  if (!results.contains(event.target) && event.target !== field) show([]);
});
// Where there is room, the navigation is open.
document.getElementById('pages').open = window.matchMedia('(min-width: 60rem)').matches;
