/* The URL as state and boxes that ask when they are seen: the browser's half of dashboard/shell.py. */
(function () {
  "use strict";

  var NONE = function () { return window.dash_clientside.no_update; };
  var KEYS = ["period", "range", "compare", "grain", "podcast", "app", "country", "device"];
  /* The period of an address that names none; the page that is open may have one of its own (a flight that is over). */
  var USUAL = { period: "30d", range: null };
  var usual = USUAL;
  var MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  var DAYS = { "7d": 7, "30d": 30, "90d": 90, "12m": 365, "24m": 730 };

  function daysOf(values) {
    if (values.period === "custom" && values.range && values.range[0] && values.range[1]) {
      /* What is no period is shown as the usual one until the address is mended. */
      return Math.max(0, Math.round((Date.parse(values.range[1]) - Date.parse(values.range[0])) / 86400000) + 1) || 30;
    }
    if (values.period === "ytd") {
      var now = new Date();
      return Math.ceil((now - new Date(now.getFullYear(), 0, 1)) / 86400000) || 1;
    }
    return DAYS[values.period] || 30;
  }

  /* The same rules as queries/periods.py: the grain that a period shows well, and those it can carry. */
  function defaultGrain(days) {
    return days <= 2 ? "hour" : days <= 92 ? "day" : days <= 400 ? "week" : "month";
  }

  var GRAIN_DAYS = { hour: [1, 14], day: [1, 400], week: [14, Infinity], month: [59, Infinity] };

  function carries(grain, days) {
    return Boolean(GRAIN_DAYS[grain]) && days >= GRAIN_DAYS[grain][0] && days <= GRAIN_DAYS[grain][1];
  }

  /* A grain that the period cannot carry is closed, and its title says why. */
  var closedFor = null;

  function closeGrains(values) {
    closedFor = values;
    var inputs = Array.from(document.querySelectorAll('.filters [aria-label="Grain"] input'));
    var days = daysOf(values);
    var choices = inputs.map(function (input) {
      var closed = !carries(input.value, days);
      var limits = GRAIN_DAYS[input.value] || [];
      var label = input.labels[0];
      var why = !closed ? "" : days > limits[1] ? "For periods of up to " + limits[1] + " days"
        : "For periods of " + limits[0] + " days or more";
      [input, label].forEach(function (part) { part.title = why; });
      return { value: input.value, label: label.textContent, disabled: closed };
    });
    if (choices.some(function (choice, place) { return choice.disabled !== inputs[place].disabled; })) {
      window.dash_clientside.set_props({ type: "filter", key: "grain" }, { data: choices });
    }
  }

  /* The days of a period that the bar has no choice for (this month): it is shown by them. */
  function unofferedDays(period) {
    var bar = document.querySelector(".filters[data-days]");
    var choices = Array.from(document.querySelectorAll(".filters__period input[type=radio]"));
    var isOffered = choices.some(function (choice) { return choice.value === period; });
    return (bar && period && !isOffered && JSON.parse(bar.dataset.days)[period]) || null;
  }

  function read(search) {
    var query = new URLSearchParams(search || "");
    var values = {};
    var custom = query.get("from") && query.get("to");
    var unoffered = custom ? null : unofferedDays(query.get("period"));
    values.period = custom || unoffered ? "custom" : query.get("period") || usual.period;
    values.range = custom ? [query.get("from"), query.get("to")] : query.get("period") ? unoffered : usual.range;
    values.compare = query.get("compare") || "previous";
    values.grain = query.get("grain");
    if (!values.grain || !carries(values.grain, daysOf(values))) {
      values.grain = defaultGrain(daysOf(values));
    }
    ["podcast", "app", "country", "device"].forEach(function (key) {
      values[key] = (query.get(key) || "").split("|").filter(Boolean);
    });
    return values;
  }

  function write(search, values) {
    var query = new URLSearchParams(search || "");
    var offered = function (key) { return Object.prototype.hasOwnProperty.call(values, key); };
    var put = function (key, value) { if (value) { query.set(key, value); } else { query.delete(key); } };
    if (offered("period")) {
      var custom = values.period === "custom";
      var named = query.get("period") || query.get("from");
      /* What was not asked for stays unsaid; a period that is not the page's own is always said. */
      var isKept = custom && same(values.range, unofferedDays(query.get("period")));
      if (!isKept && (named || values.period !== usual.period || (custom && !same(values.range, usual.range)))) {
        put("period", custom || (values.period === "30d" && usual.period === "30d") ? "" : values.period);
        put("from", custom ? values.range[0] : "");
        put("to", custom ? values.range[1] : "");
      }
    }
    if (offered("compare")) {
      put("compare", values.compare === "previous" ? "" : values.compare);
    }
    if (offered("grain")) {
      put("grain", values.grain === defaultGrain(daysOf(values)) ? "" : values.grain);
    }
    ["podcast", "app", "country", "device"].forEach(function (key) {
      if (offered(key)) {
        put(key, (values[key] || []).join("|"));
      }
    });
    var text = query.toString().replace(/%7C/g, "|").replace(/\+/g, "%20");
    return text ? "?" + text : "";
  }

  function same(a, b) {
    return JSON.stringify(a === undefined ? null : a) === JSON.stringify(b === undefined ? null : b);
  }

  /* As the server writes days: browsers disagree about September. */
  function spoken(day, withYear) {
    var parts = day.split("-");
    return Number(parts[2]) + " " + MONTHS[Number(parts[1]) - 1] + (withYear ? " " + parts[0] : "");
  }

  function spokenRange(range) {
    var last = spoken(range[1], true);
    if (range[0] === range[1]) return last;
    if (range[0].slice(0, 7) === range[1].slice(0, 7)) return Number(range[0].slice(8)) + "–" + last;
    return spoken(range[0], range[0].slice(0, 4) !== range[1].slice(0, 4)) + " – " + last;
  }

  /* The days that a period covers, which its calendar marks; those of the usual periods are written on the bar. */
  function daysShown(values) {
    var bar = document.querySelector(".filters[data-days]");
    return values.period === "custom" ? values.range : (bar && JSON.parse(bar.dataset.days)[values.period]) || null;
  }

  function say(values) {
    closeGrains(values);
    var chip = document.querySelector(".filters__chips .chip span:last-child");
    var whole = values.period === "custom" && values.range && values.range[0] && values.range[1];
    var hint = document.querySelector(".filters__range .filters__label");
    var days = document.querySelector(".filters__days");
    if (days) {
      days.textContent = whole ? spokenRange(values.range).replace(/ /g, "\u00a0").replace("–\u00a0", "– ") : "";
    }
    if (hint) {
      hint.textContent = whole ? spokenRange(values.range) : "First day, then last day";
    }
    if (chip) {
      var choice = document.querySelector('.filters .seg input[value="' + CSS.escape(values.period || "") + '"]');
      var label = whole ? spokenRange(values.range)
        : choice && choice.labels.length ? choice.labels[0].textContent : "Filters";
      var more = ["podcast", "app", "country", "device"].filter(function (key) { return (values[key] || []).length; }).length;
      chip.textContent = label + (more ? " · " + more + (more === 1 ? " filter" : " filters") : "");
    }
  }

  /* The calendar of the custom period: opened by its choice, closed by both days, Escape or another choice. */
  function bars() {
    return document.querySelectorAll(".filters.is-ranging");
  }

  function closeCalendar(toItsChoice, byDays) {
    bars().forEach(function (bar) {
      bar.classList.remove("is-ranging");
      var choice = bar.querySelector(".filters__period input:checked");
      if (toItsChoice && choice) {
        choice.focus();
      }
      /* Left without days: what is shown is still the period before, and bar and calendar say so. */
      var shown = read(location.search);
      if (!byDays && window.dash_clientside.set_props) {
        var key = shown.period === "custom" ? "range" : "period";
        window.dash_clientside.set_props({ type: "filter", key: key }, { value: shown[key] });
      }
    });
  }

  document.addEventListener("click", function (event) {
    var choice = event.target.closest && event.target.closest(".filters__period input[type=radio]");
    if (choice) {
      /* A click on what is chosen already comes as a click too: it opens the calendar again, or closes it. */
      choice.closest(".filters").classList.toggle("is-ranging", choice.value === "custom" && !bars().length);
    } else if (!event.target.closest(".filters__period") && event.target.isConnected) {
      closeCalendar(false);
    }
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && bars().length) {
      closeCalendar(true);
    }
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.podboard = {
    /* url.search and the controls follow each other; whichever changed last wins. */
    syncFilters: function (search, current, ids, usuals) {
      usual = (usuals && usuals[0]) || USUAL;
      var triggered = (window.dash_clientside.callback_context.triggered || []).map(function (one) { return one.prop_id; });
      var keys = ids.map(function (id) { return id.key; });
      var nothing = keys.map(NONE);
      if (!keys.length) {
        return [NONE(), nothing];
      }
      var byUrl = triggered.some(function (name) { return name === "url.search"; });
      var values = {};
      keys.forEach(function (key, place) { values[key] = current[place]; });
      if (byUrl || !triggered.length) {
        var wanted = read(search);
        say(wanted);
        wanted.range = daysShown(wanted);
        return [NONE(), keys.map(function (key, place) {
          return same(wanted[key], current[place]) || (key === "range" && !wanted.range) ? NONE() : wanted[key];
        })];
      }
      if (values.period === "custom" && !(values.range && values.range[0] && values.range[1])) {
        return [NONE(), nothing];
      }
      var byRange = triggered.some(function (name) { return name.indexOf('"range"') >= 0; });
      if (byRange) {
        closeCalendar(true, true);
      }
      if (byRange && values.period !== "custom") {
        closeGrains(values);
        return [NONE(), nothing];
      }
      var days = daysOf(values);
      /* Another period begins with its usual grain. Controls report when they are first filled too: only what differs
         from the address was chosen, so that a link keeps its grain. */
      var byPeriod = values.period !== read(search).period;
      /* Opened, the calendar marks the days that are shown; none have been chosen yet. */
      if (values.period === "custom" && byPeriod && !byRange) {
        return [NONE(), nothing];
      }
      values.range = daysShown(values) || values.range;
      if (values.grain && (byPeriod || !carries(values.grain, days))) {
        values.grain = defaultGrain(days);
      }
      say(values);
      var next = write(search, values);
      return [next === (search || "") ? NONE() : next, keys.map(function (key, place) {
        return same(values[key], current[place]) ? NONE() : values[key];
      })];
    },

    /* What a box is asked, once it has been seen and its page is the one that is open. */
    boxQuery: function (search, seen, path, openPath, before) {
      if (!seen || path !== openPath) {
        return NONE();
      }
      var next = { path: path, search: search || "" };
      return same(next, before) ? NONE() : next;
    },
  };

  /* Boxes below the fold ask when they are about to come into sight. */
  var watcher = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (entry.isIntersecting && window.dash_clientside.set_props) {
        watcher.unobserve(entry.target);
        window.dash_clientside.set_props({ type: "box-seen", box: entry.target.dataset.box }, { data: true });
      }
    });
  }, { rootMargin: "40px" });

  /* The tab is called like the page that is open, also after a page was left without loading anew. */
  function nameTab() {
    var shell = document.querySelector(".shell[data-title]");
    if (shell && document.title !== shell.dataset.title) {
      document.title = shell.dataset.title;
    }
  }

  new MutationObserver(function (changes) {
    nameTab();
    changes.forEach(function (change) {
      if (change.attributeName === "data-dash-is-loading") {
        change.target.setAttribute("aria-busy", String(change.target.dataset.dashIsLoading === "true"));
      }
    });
    /* Drawn after the script was asked about its period. */
    if (closedFor && document.querySelector(".filters input[type=radio]:disabled:not([title])")) {
      closeGrains(closedFor);
    }
    document.querySelectorAll("[data-box]:not([data-watched])").forEach(function (place) {
      place.dataset.watched = "";
      watcher.observe(place);
    });
  }).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-title", "data-dash-is-loading"],
  });

  /* "PDF report": says which kind was asked for, and when, so that a second click is a second question. */
  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-report]");
    if (button && window.dash_clientside.set_props) {
      button.disabled = true;
      setTimeout(function () { button.disabled = false; }, 3000);
      window.dash_clientside.set_props("report-asked", { data: { kind: button.dataset.report, at: Date.now() } });
    }
  });

  /* A download asks for exactly the view: before it is used in whatever way (opened, copied, dragged, saved), the link
     takes the address's filters in place of all that an earlier view left in it. Its own is only the subject, which
     stands in the address's path. */
  function takeFilters(event) {
    var link = event.target.closest && event.target.closest('a[href^="/export/"], a[data-why]');
    if (link) {
      var url = new URL(link.href, location.href);
      var subject = url.searchParams.get("campaign");
      var query = new URLSearchParams(location.search);
      query.delete("campaign");
      if (subject) {
        query.set("campaign", subject);
      }
      link.href = url.pathname + (query.size ? "?" + query : "");
    }
  }

  ["pointerover", "pointerdown", "contextmenu", "focusin", "keydown", "click"].forEach(function (way) {
    document.addEventListener(way, takeFilters, true);
  });

  /* "Why this number": what stands at the link's address is shown over the page. The handler above has given it the
     page's filters by now. */
  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a[data-why]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) {
      return;
    }
    event.preventDefault();
    fetch(link.href, { headers: { Accept: "text/html" } }).then(function (answer) {
      return answer.ok ? answer.text() : Promise.reject(answer.status);
    }).then(function (text) {
      var shown = document.getElementById("why") || document.body.appendChild(document.createElement("dialog"));
      shown.id = "why";
      shown.className = "dialog dialog--why";
      shown.setAttribute("aria-labelledby", "why-title");
      shown.replaceChildren.apply(
        shown, new DOMParser().parseFromString(text, "text/html").querySelector("main").childNodes);
      /* Opens at its heading, which has the focus: a dialog focuses its first link, and that stands at the end. */
      shown.showModal();
      shown.scrollTop = 0;
      shown.addEventListener("close", function () { link.focus(); }, { once: true });
    }).catch(function () {
      location.assign(link.href);
    });
  });
})();
