"use strict";
// The map of index.html as a thing to search and to open. All of a view is in the address, after #:
// "release=0.61&text=literal", with "at=CELL,PROBE" while a square's evidence is open, and with
// "to=PART" where a link led to a part of the page while filters were on. Text from probes only
// ever becomes text (textContent, setAttribute), never markup.
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const { cells, probes, kinds, states } = data;
  const FIELDS = ["text", "release", "python", "shape", "carrier", "outcome", "differs", "open"];
  const ORDER = ["not_run", "unclaimed", "kept", "hazard", "broken"]; // as squares.State: the worse, the later
  const NOT_RUN = kinds[0];
  const form = $("filters"), grid = $("grid"), panel = $("panel");
  const narrow = matchMedia("(max-width: 700px)");
  const byId = new Map(probes.map((probe) => [probe.id, probe]));
  const cellNumber = new Map(cells.map((cell, number) => [cell.id, number]));
  const chapters = [...document.querySelectorAll(".chapter")];
  const rows = [...grid.querySelectorAll("tr[data-n]")];
  rows.forEach((row, place) => { probes[place].row = row; });
  const ALL = [...FIELDS, "at", "to"];
  let view = Object.fromEntries(ALL.map((name) => [name, ""])), columns = [], shown = [], lost = [], placed = "";

  const make = (tag, fields = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), fields);
    made.append(...children);
    return made;
  };

  // --- the address ---------------------------------------------------------------------------

  const read = () => {
    const text = location.hash.slice(1);
    lost = [];
    if (text && !text.includes("=")) { // a part's address, which has no room for a view
      if (!$(text)) lost.push(text);
      return { ...view, at: "", to: $(text) ? text : "" };
    }
    const given = new URLSearchParams(text);
    for (const name of given.keys()) if (![...ALL, "show"].includes(name)) lost.push(`${name}=${given.get(name)}`);
    return Object.fromEntries(ALL.map((name) => [name, known(name, given.get(name) ?? "")]));
  };
  // What names nothing on this page filters nothing: no control could show it.
  const known = (name, value) => {
    const field = form.elements[name], [cell, ...id] = value.split(",");
    if (field?.type === "checkbox") return value === field.value ? value : "";
    const there = field?.options ? [...field.options].some((option) => option.value === value)
      : name === "to" ? !value || !!$(value) : name !== "at" || !value || (cellNumber.has(cell) && byId.has(id.join(",")));
    if (!there) lost.push(name === "at" ? `${id.join(",") || "a program"} in ${cell}` : `${name} ${value}`);
    return there ? value : "";
  };
  const address = (wanted) => {
    const kept = ALL.filter((name) => wanted[name]);
    const written = new URLSearchParams(kept.map((name) => [name, wanted[name]])).toString();
    // Readable where it can be: none of these three ends a fragment or a parameter.
    return "#" + (written.replaceAll("%2C", ",").replaceAll("%2F", "/").replaceAll("%3D", "=") || "show=all");
  };
  const go = (change, how = "pushState") => {
    history[how](null, "", address({ ...view, to: "", ...change }));
    apply();
  };

  // --- what is chosen ------------------------------------------------------------------------

  const compare = (one, other) => {
    const left = one.split("."), right = other.split(".");
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      const gap = parseInt(left[i] ?? 0, 10) - parseInt(right[i] ?? 0, 10);
      if (gap) return gap;
    }
    return 0;
  };
  const HOLDS = { ">=": (n) => n >= 0, "<=": (n) => n <= 0, ">": (n) => n > 0, "<": (n) => n < 0 };
  const starts = (release, bare) => release === bare || `${release}.`.startsWith(`${bare}.`);
  const within = (release, asked) => {
    const [, sign, version] = asked.match(/^(>=|<=|!=|>|<|==|=)?(.*)$/);
    const bare = version.replace(/\.?\*$/, "");
    if (!/^\d/.test(bare)) return false;
    if (sign === "!=") return !starts(release, bare);
    return HOLDS[sign] ? HOLDS[sign](compare(release, bare)) : starts(release, bare);
  };
  // Words are a union, as on the command line; clauses that a comma joins must all hold. "A - B" and
  // "A .. B" are ranges, both ends in them, as they are printed everywhere.
  const RANGE = /(\d[\w.]*?)\s*(?:\.\.|-|–)\s*(\d[\w.]*)/g;
  const wordsOf = (text) => text.replace(RANGE, "$1..$2").replace(/(,)\s+(?=[<>=!])|([<>=])\s+(?=\d)/g, "$1$2")
    .split(/\s+/).filter(Boolean);
  const meant = (release, word) => {
    const [first, last] = word.split("..");
    if (last) return compare(release, first) >= 0 && (compare(release, last) <= 0 || starts(release, last));
    const all = word.split(",").filter(Boolean), several = all.every((asked) => /^\d/.test(asked));
    // Nothing is two releases at once: those that are merely listed are a union, too.
    return all.length > 0 && (several ? all.some((asked) => within(release, asked)) : all.every((asked) => within(release, asked)));
  };
  const releaseChosen = (release) => !view.release.trim() || wordsOf(view.release).some((word) => meant(release, word));

  const together = (found) => {
    const ran = found.filter((kind) => kind[0] !== "not_run");
    if (!ran.length) return NOT_RUN;
    const worst = ran.reduce((a, b) => (ORDER.indexOf(b[0]) > ORDER.indexOf(a[0]) ? b : a));
    const texts = [...new Set(ran.map((kind) => kind[2]))];
    const [state, word, text] = texts.length > 1 ? [worst[0], "by Python", "differs by Python: " + texts.join("; ")] : worst;
    const lacking = found.length - ran.length;
    return lacking ? [state, `${word} *`, `${text}; not run on ${lacking} of its Pythons`] : [state, word, text];
  };
  const square = (probe, column) => together(column.cells.map((n) => kinds[probe.squares[n]]));

  const chosenColumns = () => {
    const found = [], open = view.open.split(",");
    cells.forEach((cell, number) => {
      if (!releaseChosen(cell.release) || (view.python && cell.python !== view.python)) return;
      const last = found.at(-1);
      if (last && last.release === cell.release) last.cells.push(number);
      else found.push({ release: cell.release, cells: [number] });
    });
    return found.flatMap((column) => column.cells.length > 1 && open.includes(column.release)
      ? [column, ...column.cells.map((n) => ({ release: column.release, tag: cells[n].tag, cells: [n] }))]
      : [column]);
  };

  const sourceOf = (id) => document.querySelector(`[data-src="${CSS.escape(id)}"]`);
  const THREAD = /github\.com\/\w+\/(\w+)\/issues\/(\d+)/g;
  const haystack = (probe) => probe.haystack ??= withThreads([
    probe.id, probe.shape.replaceAll("_", " "), probe.why, sourceOf(probe.id)?.textContent ?? "",
    ...new Set(probe.squares.flatMap((kind, n) => [kinds[kind][2], reasonOf(probe, n), ...openSymbol(probe, kind, n)])),
    probe.issue,
  ].join("\n").toLowerCase());
  const withThreads = (text) => [text, ...[...text.matchAll(THREAD)].map(([, name, number]) => `${name}#${number}`)].join("\n");
  // As ask has it: what a module of a hazard cannot find when it is loaded is a symbol, and Numba's own
  // but where the claim knows better.
  const openSymbol = (probe, kind, n) => !probe.hazard || kinds[kind][2] !== "raised in load (ImportError)" ? []
    : reasonOf(probe, n) ? ["undefined-symbol"] : ["undefined-symbol", "numba-unresolved"];

  const squeezed = (text) => text.replace(/\s+/g, "");
  // How a symptom is told, and the name that it has here; what a shell or Python says around it is no more of it.
  const SYMPTOMS = [
    [/(?:fatal python error:\s*)?(?:seg(?:mentation)?[ -]?faults?|access violation)(?:\s*\(core dumped\))?/g, "sigsegv"],
    [/(?:fatal python error:\s*)?\babort(?:s|ed)?\b(?:\s*\(core dumped\))?/g, "sigabrt"],
    [/(?:importerror:\s*)?(?:\S+:\s*)?undefined symbol(?:\s*:(?:\s*(?!\.?numba\.unresolved)\S+)?)?/g, "undefined-symbol"],
    [/(?:https?:\/\/)?github\.com\/\w+\/(\w+)\/issues\/(\d+)\S*/g, "$1#$2"],
    [/\.?numba\.unresolved\S*|unresolved symbol/g, "numba-unresolved"],
  ];
  const asNamedHere = (text) => SYMPTOMS.reduce((told, [how, name]) => told.replace(how, name), text);
  const wordsFor = (text) => asNamedHere(text).split(/\s+/).filter(Boolean);
  // A call that hands a literal on is of a literal's shape, whatever it calls and however much it hands on.
  const CALL = /^\s*(?:return\s+|[a-z_]\w*\s*[-+*]?=(?!=)\s*)?(?:[a-z_]\w*\s*[-+*]\s*)?(?:self\.|cls\.)?([a-z_]\w*)\s*\(([\w\s,=+-]*)\)\s*$/;
  const RESERVED = new Set(data.reserved.map((name) => name.toLowerCase()));
  const literalShape = (text) => {
    const [, name, given] = text.match(CALL) ?? [];
    if (RESERVED.has(name)) return [];
    const each = (given ?? "").split(",").map((one) => one.trim().replace(/^[a-z_]\w*\s*=\s*/, ""));
    if (!each.some((one) => /^[a-z_]/.test(one) && !/^(true|false|none)$/.test(one))) return [];
    if (!each.every((one) => /^([a-z_]\w*|[+-]?\d+)$/.test(one))) return [];
    return ["literal_bool", "literal_seed"].filter((shape) => each.some((one) => (shape === "literal_bool" ? /^(true|false)$/ : /^[+-]?\d+$/).test(one)));
  };
  const isCode = (text) => /[()=@]/.test(asNamedHere(text.toLowerCase()));
  // What is asked about; how safe that is does not hang on which of its outcomes are to be seen.
  const matches = (probe) => {
    const text = view.text.toLowerCase(), literals = literalShape(text);
    // Code means itself, however it is spaced; words may stand anywhere.
    const told = literals.length ? literals.includes(probe.shape)
      : isCode(text) ? squeezed(haystack(probe)).includes(squeezed(text)) : wordsFor(text).every((word) => haystack(probe).includes(word));
    return told
      && (!view.shape || probe.shape === view.shape)
      && (!view.carrier || [probe.carrier, probe.form].includes(view.carrier));
  };
  // A state and an outcome may have one name (kept): the state has it in an address.
  const called = (outcome) => (outcome in states ? `outcome ${outcome}` : outcome);
  const outcomesOf = ([state, outcome]) => [state, called(outcome)];
  const chosen = (probe) => {
    const own = columns.filter((column) => !column.tag);
    const found = own.map((column) => square(probe, column));
    const ran = own.flatMap((column) => column.cells.map((n) => probe.squares[n])).filter(Boolean);
    return matches(probe)
      && (!view.outcome || own.some((column) => column.cells.some((n) =>
        outcomesOf(kinds[probe.squares[n]]).includes(view.outcome))))
      && (!view.differs || new Set(ran).size > 1)
      && (found.length > 0);
  };

  // --- the map -------------------------------------------------------------------------------

  const says = ([state, , text]) => (states[state][1] === text ? text : `${states[state][1]}: ${text}`);
  // A square that is there already is kept where it says the same: the page comes with all of them.
  const drawSquare = (probe, column, there) => {
    const kind = square(probe, column), td = there ?? make("td");
    const className = kind[0] + (column.tag ? " sub" : ""), text = `${states[kind[0]][0]} ${kind[1]}`;
    if (td.className !== className) td.className = className;
    if (td.firstChild?.nodeValue !== text) td.textContent = text;
    if (kind[0] === "broken" && !td.firstElementChild) td.append(make("small", { textContent: states.broken[1] }));
    td.tabIndex = -1;
    td.setAttribute("aria-label", `${says(kind)}, ${column.tag ?? column.release}`);
    return td;
  };
  const drawRow = (probe) => {
    const { row } = probe;
    while (row.cells.length > columns.length + 1) row.lastElementChild.remove();
    columns.forEach((column, n) => {
      const there = row.cells[n + 1], td = drawSquare(probe, column, there);
      if (!there) row.append(td);
    });
  };
  const drawHead = (column) => {
    const head = make("th", { scope: "col", className: column.tag ? "sub" : "" });
    if (column.tag) head.append(column.tag);
    else if (column.cells.length < 2) head.append(column.release, " ", make("small", { textContent: cells[column.cells[0]].tag }));
    else {
      const open = view.open.split(",").includes(column.release);
      const button = make("button", { type: "button", textContent: `${column.release} ${open ? "▾" : "▸"}` });
      button.setAttribute("aria-expanded", String(open));
      button.dataset.release = column.release;
      head.append(button);
    }
    return head;
  };
  const drawTable = () => {
    grid.tHead.rows[0].replaceChildren(grid.tHead.rows[0].cells[0], ...columns.map(drawHead));
    for (const body of grid.tBodies) {
      body.hidden = !shown.some((probe) => probe.shape === body.dataset.shape);
      body.rows[0].cells[0].colSpan = columns.length + 1;
    }
    for (const probe of probes) {
      probe.row.hidden = !shown.includes(probe);
      if (!probe.row.hidden) drawRow(probe);
    }
    const first = shown[0]?.row.cells[1];
    if (first) first.tabIndex = 0;
  };
  const named = (run) => run.length < 4 ? run.map((c) => c.release).join(", ")
    : `${run[0].release} to ${run.at(-1).release} (${run.length} releases)`;
  const drawCard = (probe) => {
    const runs = [];
    for (const column of columns.filter((c) => !c.tag)) {
      const kind = square(probe, column), last = runs.at(-1);
      if (last && last.kind[0] === kind[0] && last.kind[2] === kind[2]) last.columns.push(column);
      else runs.push({ kind, columns: [column] });
    }
    const lines = runs.map((run) => {
      const line = make("button", { type: "button", className: run.kind[0] },
        `${states[run.kind[0]][0]} ${named(run.columns)}: ${run.kind[2]}${run.kind[0] === "broken" ? `, ${states.broken[1]}` : ""}`);
      line.dataset.at = `${cells[run.columns.at(-1).cells.at(-1)].id},${probe.id}`;
      return line;
    });
    return make("div", {}, make("h3", { className: "id", textContent: probe.id }), ...lines);
  };
  const drawCards = (all) => {
    const shapes = [...new Set(columns.length ? shown.map((probe) => probe.shape) : [])];
    $("cards").replaceChildren(...shapes.map((shape) => {
      const members = shown.filter((probe) => probe.shape === shape);
      // As in the index: those that are not shown count, too.
      const [state] = together(probes.filter((probe) => probe.shape === shape).flatMap((probe) => columns.map((c) => square(probe, c))));
      return make("details", { className: "card", open: all === true || shapes.length < 4 },
        make("summary", { textContent: `${states[state][0]} ${shape.replaceAll("_", " ")}` }), ...members.map(drawCard));
    }));
  };

  // --- how safe that is ----------------------------------------------------------------------

  const WORDS = Object.keys(data.words); // the worst last
  const worst = (found) => WORDS[Math.max(...found.map((word) => WORDS.indexOf(word)))];
  const told = (probe, n) => {
    const kind = probe.squares[n];
    return kind && !probe.hoped && !probe.patch ? states[kinds[kind][0]][1] : data.told[kind];
  };
  // The hazards speak for a shape; without one all that hope to be safe; else what was refused.
  // As Shape.known has it, all that is no workaround has to be seen before any of it is called safe.
  // What is shown of a shape does not count here: its ways around alone would make it safe.
  const telling = (shape, carrier) => {
    const all = probes.filter((probe) => probe.shape === shape && probe.carrier === carrier && !probe.patch);
    const hoped = all.filter((probe) => probe.hoped), hazards = hoped.filter((probe) => probe.hazard);
    const members = [hazards, hoped].find((some) => some.length) ?? all;
    return { all, members, needed: [...members, ...hoped.filter((probe) => !probe.workaround)] };
  };
  // A program that is asked for by its name is told of by itself.
  const byName = () => {
    const text = view.text.trim(), meant = probes.filter(({ id }) => [id, id.slice(id.indexOf("/") + 1)].includes(text));
    return meant.length === 1 && shown.includes(meant[0]) ? meant[0] : undefined;
  };
  const toldIn = ({ all, members, needed }, n) => {
    const seen = members.map((probe) => told(probe, n)).filter(Boolean);
    const lacks = needed.some((probe) => !probe.squares[n]) && all.some((probe) => probe.squares[n]);
    return worst(lacks ? [...seen, data.unknown] : seen);
  };
  const drawAnswer = () => {
    const asked = FIELDS.slice(0, 6).some((name) => view[name]), shapes = [...new Set(shown.map((probe) => probe.shape))];
    const carriers = [...new Set(["cache", "aot", ...probes.map((p) => p.carrier)])], one = byName();
    $("answer").hidden = !asked || !shapes.length || (!one && shapes.length > 4);
    $("answer").replaceChildren(...($("answer").hidden ? []
      : one ? lineOf(one.id, { all: [one], members: [one], needed: [] })
        : shapes.flatMap((shape) => carriers.flatMap((carrier) => answerTo(shape, carrier)))));
  };
  const answerTo = (shape, carrier) => {
    const asked = telling(shape, carrier), found = asked.all.filter(matches), hazards = asked.members.filter((probe) => probe.hazard);
    if (!found.length) return [];
    const name = `${shape.replaceAll("_", " ")}, ${data.carried[carrier] ?? carrier}`, shows = found.some((probe) => probe.hazard);
    // A piece of a safe program may be a piece of another that is not: that is no verdict on it.
    if (isCode(view.text) && !shows)
      return [make("li", {}, `${name}: no hazard has this code as typed, and yours may be another program than those that have it`)];
    return lineOf(hazards.length && !shows ? `${name}, of which no hazard is shown` : name, asked);
  };
  const lineOf = (name, asked) => {
    const runs = [];
    for (const column of columns.filter((c) => !c.tag)) {
      const each = column.cells.map((n) => toldIn(asked, n)).filter(Boolean);
      const word = worst(each) ?? data.unknown;
      // A hazard that was seen is one, whatever was not seen on another Python.
      const unlike = new Set(each.filter((one) => word === data.unknown || one !== data.unknown)).size > 1, text = unlike ? `${word}, on some Pythons,` : word;
      if (runs.at(-1)?.text === text) runs.at(-1).columns.push(column);
      else runs.push({ word, text, columns: [column] });
    }
    if (!runs.length) return [];
    const ill = worst(runs.map((run) => run.word)), chapter = $(indexed(asked.all[0].shape).hash.slice(1));
    const way = ill !== WORDS[0] && asked.members.some((probe) => probe.hazard) && chapter?.classList.contains("chapter")
      ? ["; ", make("a", { href: `#${chapter.id}-instead`, textContent: "what to write instead" })] : [];
    // Without a chapter this is the place for it.
    const why = new Set(asked.members.filter((probe) => !probe.hazard).flatMap((probe) => columns.flatMap((c) => c.cells)
      .filter((n) => kinds[probe.squares[n]][0] === "hazard").map((n) => reasonOf(probe, n))).filter(Boolean));
    return [make("li", {}, `${data.words[ill] ?? states.not_run[0]} ${name}: `,
      runs.map((run) => `${run.text} on ${named(run.columns)}`).join("; "), ...way,
      ...(why.size ? ["; a hazard because ", ...linked([...why].join("; "))] : []))];
  };
  const indexed = (shape) => document.querySelector(`.index li[data-shape="${CSS.escape(shape)}"] a`);

  const drawIndex = () => {
    for (const entry of document.querySelectorAll(".index li")) {
      const { shape } = entry.dataset;
      entry.hidden = !shown.some((probe) => probe.shape === shape);
      for (const sign of entry.querySelectorAll("[data-carrier]")) {
        const asked = telling(shape, sign.dataset.carrier);
        const word = worst(columns.flatMap((c) => c.cells.map((n) => toldIn(asked, n))).filter(Boolean));
        sign.hidden = !asked.all.some(matches);
        sign.lastElementChild.textContent = data.words[word] ?? states.not_run[0];
      }
    }
    // What follows the map is about what is on it.
    for (const chapter of chapters) chapter.hidden = !shown.some((probe) => probe.shape === chapter.dataset.shape);
    $("hidden-chapters").hidden = !chapters.some((chapter) => chapter.hidden);
  };
  const RELEASES = [...new Set(cells.map((cell) => cell.release))];
  const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  const nearest = (word) => {
    const version = word.match(/\d[\d.]*/)?.[0];
    if (!version) return `there are ${RELEASES[0]} to ${RELEASES.at(-1)}.`;
    const place = RELEASES.findIndex((release) => compare(release, version) >= 0);
    const near = place < 0 ? [RELEASES.at(-1)] : RELEASES.slice(Math.max(place - 1, 0), place + 1);
    return `the nearest ${near.length > 1 ? "are" : "is"} ${near.join(" and ")}, of ${RELEASES[0]} to ${RELEASES.at(-1)}.`;
  };
  const count = () => {
    const own = columns.filter((c) => !c.tag);
    const lost = wordsOf(view.release).filter((word) => !RELEASES.some((release) => meant(release, word)));
    const there = cells.filter((cell) => releaseChosen(cell.release));
    const told = [];
    if (own.length) told.push(`${shown.length} of ${plural(probes.length, "probe")}, ${own.length} of ${plural(RELEASES.length, "release")}.`);
    if (lost.length) told.push(`No release here is ${lost.map((word) => word.replace("..", " .. ")).join(" or ")}: ${
      nearest(lost[0])} Understood are 0.61, 0.61 0.62, >=0.57,<0.60 and !=0.61.`);
    if (isCode(view.text) && view.text.includes("(")) told.push(literalShape(view.text.toLowerCase()).length
      ? "A call that hands a literal on is answered by what literals do here, whatever it calls."
      : "Code is compared as typed here, its names too: numba-matrix ask finds it by its structure.");
    if (!own.length && there.length) told.push(`No cell here is ${view.release || "a release"} with CPython ${view.python}: ${
      view.release || "there"} ran or was to run on ${[...new Set(there.map((cell) => cell.python))].sort(compare).join(", ")}.`);
    $("count").textContent = told.join(" ");
    $("nothing").hidden = shown.length > 0;
    $("scroll").hidden = !shown.length;
  };
  // Paper has no controls to read what was asked from.
  const tellOnPaper = () => {
    const asked = [...form.elements].filter((field) => view[field.name]).map((field) => field.type === "checkbox"
      ? field.parentElement.textContent.trim() : `${field.parentElement.firstChild.nodeValue.trim()}: ${field.selectedOptions?.[0].text ?? view[field.name]}`);
    $("asked").textContent = asked.length ? `Only what was asked for is here. ${asked.join("; ")}.` : "";
  };
  const draw = () => {
    columns = chosenColumns();
    shown = probes.filter(chosen);
    drawTable();
    if (narrow.matches) drawCards();
    drawIndex();
    drawAnswer();
    count();
    tellOnPaper();
    for (const told of document.querySelectorAll("[data-patch]")) told.hidden = !shown.some((probe) => probe.patch === told.dataset.patch);
    // The newest release is what most come for; it is at the right end.
    const wanted = `${view.release} ${view.python}`;
    if (placed !== wanted) $("scroll").scrollLeft = $("scroll").scrollWidth;
    placed = wanted;
  };

  const apply = (came) => {
    const whole = () => JSON.stringify({ ...view, at: "", to: "" }), before = whole(), was = view.to;
    view = read();
    const bare = view.to && location.hash === `#${view.to}`;
    // Who loads this again is to see the same.
    if (bare && FIELDS.some((name) => view[name])) history.replaceState(null, "", address(view));
    for (const name of FIELDS) {
      const field = form.elements[name];
      if (field && field !== document.activeElement) field.type === "checkbox" ? field.checked = !!view[name] : field.value = view[name];
    }
    const changed = came?.type === "load" || whole() !== before;
    if (changed) draw();
    $("lost").hidden = !lost.length;
    $("lost").textContent = !lost.length ? "" : `Not on this page, and so passed over: ${lost.join(", ")}.`;
    // Who was sent an address is led to its answer.
    if (came && (lost.length || (changed && !view.at && !view.to && FIELDS.some((name) => view[name])))) $("look").scrollIntoView();
    const target = $(view.to);
    target?.closest(".part")?.setAttribute("open", "");
    const chapter = target?.closest(".chapter"), hidden = chapter?.hidden;
    if (hidden) chapter.hidden = false;
    // To the bare address of what is there the browser went by itself.
    if (target && (hidden || (came && !bare && view.to !== was))) target.scrollIntoView();
    const [cell, ...id] = view.at.split(",");
    const probe = byId.get(id.join(","));
    if (probe && cellNumber.has(cell)) open(probe, cellNumber.get(cell));
    else if (panel.open) panel.close();
  };

  // --- the evidence of a square --------------------------------------------------------------

  const evidence = async (number) => {
    const bytes = Uint8Array.from(atob($(`ev-${number}`).textContent), (c) => c.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(plain).text());
  };
  const facts = (pairs) => make("dl", {}, ...pairs.filter(([, text]) => text).flatMap(
    ([name, text]) => [make("dt", { textContent: name }), make("dd", { className: "id", textContent: text })]));
  const kept = (name, text) => text ? [make("details", { open: text.length < 1500 }, make("summary", { textContent: name }), make("pre", { textContent: text }))] : [];
  const drawPhase = (phase) => {
    const said = phase.signal ?? phase.exception ?? "";
    const open = (phase.dispatchers ?? []).flatMap((d) => d.specialisations.map(
      (s) => `${d.name}(${s.signature})${s.unresolved ? ": leaves a symbol open" : ""}`));
    const counted = ["hits", "misses", "loads", "saves", "compiled"].map((n) => `${phase[n] ?? 0} ${n}`).join(", ");
    return make("section", {}, make("h3", { textContent: `${phase.name}: ${phase.status.replace("_", " ")}${said ? ` (${said})` : ""}` }), facts([
      ["value", phase.value === "null" && phase.name === "build" ? "" : phase.value],
      ["exit status", phase.exit ? String(phase.exit) : ""],
      ["message", phase.message],
      ["cache", /interpreted|load|build|change/.test(phase.name) ? "" : counted],
      ["data files", phase.files],
      ["index", (phase.asked ?? []).map((a) => `${a.index}: ${a.missing.length ? `lacks the ${a.missing.join(", ")}` : "has all"}`).join("; ")],
      ["specialisations", open.join("; ")],
      ["open symbols", (phase.unresolved ?? []).join(", ")],
      ["left behind", phase.strays ? `${phase.strays} processes` : ""],
    ]), ...kept("stdout", phase.stdout), ...kept("stderr", phase.stderr));
  };
  const source = (id, sign) => {
    const found = sourceOf(id);
    if (!found) return [];
    const copy = found.cloneNode(true);
    copy.removeAttribute("data-src");
    return [make("figure", { className: "code" }, make("figcaption", {}, `${sign} `, make("span", { className: "id", textContent: id })), copy)];
  };
  const copier = (what, text) => {
    const button = make("button", { type: "button", textContent: "Copy" });
    button.setAttribute("aria-label", `Copy: ${what}`);
    button.onclick = () => copyText(text, button);
    return button;
  };
  const worded = (line) => line.split(/(\s+)/).map((part, n) => (n % 2 ? part : make("span", { textContent: part })));
  const command = ([what, text], probe, cell) => {
    const line = text.replace("{cell}", cell.id).replace("{probe}", () => probe.quoted);
    return [make("p", { className: "small", textContent: what }), make("div", { className: "command" }, make("pre", {}, ...worded(line)), copier(what, line))];
  };
  const thread = (issue) => issue.startsWith("https://") ? [" ", make("a", { href: issue, textContent: "thread" })] : [];
  const linked = (text) => text.split(/\b(numba#\d+)/).map((part, n) => n % 2
    ? make("a", { href: `https://github.com/numba/numba/issues/${part.slice(6)}`, textContent: part }) : part);
  const reasonOf = (probe, n) => data.reasons[probe.reasons[n] ?? 0];
  // A claim's why is of what it promises or warns of, and that is not what each square shows.
  const drawWhy = (probe, n) => {
    const [state] = kinds[probe.squares[n]], here = reasonOf(probe, n), { why } = probe;
    const breaks = state === "hazard" && !probe.hazard;
    const lead = state === "broken" || state === "not_run" ? "Why it is claimed"
      : probe.hazard && state === "kept" ? "Why it is a hazard elsewhere" : "Why";
    const lines = breaks ? [`Why: ${here || "its claim does not say"}.`, why && `What is promised of it where it does well: ${why}.`]
      : [why && `${lead}: ${why}.`, here && state !== "broken" && `In this cell: ${here}.`];
    return make("p", {}, ...lines.filter(Boolean).flatMap((line) => [...linked(line), " "]), ...thread(probe.issue));
  };
  const chooser = (probe, number) => {
    const choice = make("select", {}, ...cells.map((cell, n) => make("option", {
      value: cell.id, selected: n === number, textContent: `${cell.id} ${states[kinds[probe.squares[n]][0]][0]} ${kinds[probe.squares[n]][1]}` })));
    choice.onchange = () => go({ at: `${choice.value},${probe.id}` }, "replaceState");
    return make("label", {}, "Cell ", choice);
  };
  const drawRun = (found, cell, kind) => {
    const set = found.cells[cell.id];
    if (set === undefined && data.reference && kind !== NOT_RUN) return [make("p", { textContent: `This is the reference: it holds what happened, not the evidence for it. What stands below under \u201c${data.run}\u201d runs it here.` })];
    if (set === undefined && data.reference && !cell.why) return [make("p", { textContent: "This program came or changed since the reference was made: nothing is known of it." })];
    if (set === undefined) return [make("p", { textContent: `It did not run in this cell. ${cell.why || "The cell ran, but this program did not: what it needs is not there, or nobody asked for it."}` })];
    const alike = Object.keys(found.cells).filter((id) => found.cells[id] === set && id !== cell.id);
    const same = alike.length ? `The same to the letter in ${alike.join(", ")}.` : "No other cell did the same to the letter.";
    return [...(found.said[cell.id] ?? []).map((text) => make("p", { className: "state broken", textContent: text })),
      ...found.sets[set].map((n) => drawPhase(found.phases[n])), make("p", { className: "small", textContent: same })];
  };
  const open = async (probe, number) => {
    const cell = cells[number], kind = kinds[probe.squares[number]], body = $("panel-body");
    const run = make("div", { textContent: "Opening the evidence ..." });
    $("panel-title").textContent = `${probe.id} in ${cell.id}`;
    const chapter = indexed(probe.shape);
    body.replaceChildren(
      make("p", {}, make("span", { className: `state ${kind[0]}`, textContent: `${states[kind[0]][0]} ${says(kind)}` })),
      ...(data.patches[probe.patch] ? [make("p", { textContent: `The same program as ${probe.id.split("@")[0]}, ${data.patches[probe.patch].replaceAll("`", "")}.` })] : []),
      make("p", { className: "small", textContent: cell.versions }),
      drawWhy(probe, number),
      make("p", {}, chooser(probe, number), " ", ...(probe.hazard ? [make("a", { href: chapter.href, textContent: "What to write instead, and on which releases" })] : [])),
      run, make("h3", { textContent: "Source" }),
      make("div", { className: "pair" }, ...source(probe.id, states[kind[0]][0]), make("div", {}, ...probe.workarounds.flatMap((id) => source(id, byId.has(id) ? "✓ instead:" : "- instead, not looked at here:")))),
      make("h3", { textContent: "Commands" }), ...data.commands.flatMap((c) => command(c, probe, cell)));
    if (!panel.open) { panel.showModal(); $("panel-title").focus(); }
    panel.scrollTop = 0;
    try {
      run.replaceChildren(...drawRun(await evidence(probe.number), cell, kind));
    } catch (error) {
      run.textContent = `This browser cannot open the evidence (${error}); matrix.json beside this page holds it.`;
    }
  };

  // --- what people do ------------------------------------------------------------------------

  const copyText = async (text, button) => {
    const was = button.textContent;
    try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; }
    catch { button.textContent = "Copying is not allowed here: take it from the page"; }
    setTimeout(() => { button.textContent = was; }, 2000);
  };
  const place = (td) => ({ probe: probes.find((p) => p.row === td.parentElement), column: columns[td.cellIndex - 1] });
  const ask = (td) => {
    const { probe, column } = place(td);
    // Of several Pythons, the one that tells most: the last that ran.
    const ran = column.cells.filter((n) => probe.squares[n]);
    go({ at: `${cells[(ran.length ? ran : column.cells).at(-1)].id},${probe.id}` });
  };
  const focusSquare = (td) => {
    for (const other of grid.querySelectorAll('td[tabindex="0"]')) other.tabIndex = -1;
    td.tabIndex = 0;
    td.focus();
    td.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const move = (td, down, right) => {
    const visible = shown.map((probe) => probe.row);
    const row = visible[visible.indexOf(td.parentElement) + down];
    const next = row?.cells[td.cellIndex + right];
    if (next?.tagName === "TD") focusSquare(next);
  };
  const ARROWS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };
  grid.addEventListener("mouseover", ({ target }) => {
    const td = target.closest("td");
    if (td) td.title = td.getAttribute("aria-label");
  });
  grid.addEventListener("click", ({ target }) => {
    const td = target.closest("td"), release = target.closest("button")?.dataset.release;
    if (td) { focusSquare(td); ask(td); }
    if (release) {
      const had = view.open.split(",").filter(Boolean);
      go({ open: (had.includes(release) ? had.filter((r) => r !== release) : [...had, release]).join(",") }, "replaceState");
      grid.querySelector(`button[data-release="${CSS.escape(release)}"]`)?.focus({ preventScroll: true });
      showPythons(release);
    }
  });
  // What has just been opened may lie beyond the right edge; its release stays in sight.
  const showPythons = (release) => {
    const heads = [...grid.tHead.rows[0].cells], own = heads.filter((_, n) => columns[n - 1]?.release === release);
    const frame = $("scroll").getBoundingClientRect(), box = (head) => head.getBoundingClientRect();
    const beyond = box(own.at(-1)).right - (frame.right - 1), room = box(own[0]).left - box(heads[0]).right;
    if (beyond > 0) $("scroll").scrollLeft += Math.min(beyond, Math.max(room, 0)) + 1;
  };
  grid.addEventListener("keydown", (event) => {
    const td = event.target.closest("td");
    if (!td) return;
    if (ARROWS[event.key]) { event.preventDefault(); move(td, ...ARROWS[event.key]); }
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); ask(td); }
  });
  $("cards").addEventListener("click", ({ target }) => { if (target.dataset.at) go({ at: target.dataset.at }); });
  panel.addEventListener("close", () => {
    const [cell, ...id] = view.at.split(","), probe = byId.get(id.join(","));
    if (view.at) go({ at: "" });
    // Opened by its address, it has nowhere to go back to.
    const column = columns.findLastIndex((c) => c.cells.includes(cellNumber.get(cell)));
    const lost = document.activeElement === document.body || panel.contains(document.activeElement);
    if (lost && probe && column >= 0 && !narrow.matches) focusSquare(probe.row.cells[column + 1]);
  });
  panel.addEventListener("click", ({ target }) => { if (target === panel) panel.close(); });
  form.addEventListener("input", () => {
    const given = new FormData(form);
    go(Object.fromEntries(FIELDS.slice(0, 7).map((name) => [name, given.get(name) ?? ""])), "replaceState");
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  const clear = () => { document.activeElement.blur(); go(Object.fromEntries(FIELDS.map((name) => [name, ""]))); };
  form.addEventListener("reset", (event) => { event.preventDefault(); clear(); });
  for (const button of document.querySelectorAll(".all")) button.addEventListener("click", clear);
  // Not the address that somebody came by: it may name what is passed over.
  const shownAddress = () => {
    if ([...FIELDS, "at"].some((name) => view[name])) return address({ ...view, to: "" });
    return view.to && `#${view.to}`;
  };
  $("copy").addEventListener("click", ({ target }) => copyText(location.href.split("#")[0] + shownAddress(), target));
  addEventListener("hashchange", apply);
  addEventListener("popstate", apply);
  const parts = [...document.querySelectorAll(".part")];
  // What is not as claimed is what there is to look at.
  if (narrow.matches) for (const part of parts) if (!part.querySelector("#broken")) part.open = false;
  addEventListener("beforeprint", () => { for (const folded of panel.querySelectorAll("details")) folded.open = true; for (const part of parts) part.open = true; drawCards(true); });
  narrow.addEventListener("change", () => drawCards());

  const fill = (name, pairs) => form.elements[name].append(...pairs.map(([value, textContent]) => make("option", { value, textContent })));
  const unique = (values) => [...new Set(values)].filter(Boolean).map((value) => [value, value.replaceAll("_", " ")]);
  fill("python", unique(cells.map((cell) => cell.python)).sort((a, b) => compare(a[0], b[0])));
  fill("shape", unique(probes.map((probe) => probe.shape)).sort());
  fill("carrier", unique([...probes.map((p) => p.carrier), ...probes.map((p) => p.form).sort()]));
  fill("outcome", [...Object.entries(states).map(([state, told]) => [state, `${told[0]} ${told[1]}`]), ...unique(kinds.slice(1).map((kind) => kind[1])).map(([outcome, shown]) => [called(outcome), shown])]);
  // Where the page is served it knows the address that its badges have for others.
  const site = /^https?:$/.test(location.protocol) && new URL(".", location.href).href.replace(/\/$/, "");
  for (const pre of document.querySelectorAll(".for-readme")) {
    if (site) pre.textContent = pre.textContent.replaceAll(data.site, () => site);
    pre.after(copier("a badge in Markdown", pre.textContent));
  }
  for (const note of document.querySelectorAll(".site-note")) note.hidden = !!site;
  document.documentElement.classList.add("js");
  form.hidden = $("hint").hidden = false;
  grid.setAttribute("role", "grid");
  apply({ type: "load" });
})();
