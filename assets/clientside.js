/* What the page does by itself: theme, charts in the theme's colours, table sort, keys, menus, expired sessions.
   Loaded before Dash's own scripts; plain listeners on the document, so that it needs no component to exist. */
(function () {
  "use strict";

  var root = document.documentElement;
  /* The component library reads the same entry: one choice for both. */
  var STORE = "mantine-color-scheme-value";

  /* Expired session: a data request answered 401 leads to the log-in and back to this view. */
  var fetched = window.fetch;
  window.fetch = function (address, options) {
    var answer = fetched.apply(this, arguments).then(function (response) {
      if (response.status === 401 && new URL(response.url, location.href).origin === location.origin) {
        var here = location.pathname + location.search;
        location.assign("/login?next=" + encodeURIComponent(here));
      }
      return response;
    });
    var isData = String(address).indexOf("/_dash-update-component") >= 0 && options && options.body;
    return isData ? answer.then(whole).catch(function (fault) { return unread(options.body, fault); }) : answer;
  };

  /* What was asked for and did not arrive: the boxes of that request get the error state, as if the server had drawn
     it, so that no number stands under filters it was not made for. Dash drops it where a newer request of the same box
     is under way, and draws the next answer in its place. */
  var leaving = -Infinity;
  var isRefused = false;

  window.addEventListener("beforeunload", function () { leaving = performance.now(); });

  /* Read to its end here: an answer that breaks off, or is none of ours, has not arrived either. */
  function whole(response) {
    if (response.status === 401 || response.status === 204) {
      return response;
    }
    if (!response.ok) {
      throw response;
    }
    return response.json().then(function (content) {
      response.json = function () { return Promise.resolve(content); };
      return response;
    });
  }

  function unread(body, fault) {
    var drawn = {};
    [].concat(JSON.parse(body).outputs).forEach(function (output) {
      var id = output.id && output.id.type === "box-body" ? '{"box":"' + output.id.box + '","type":"box-body"}' : output.id;
      var place = typeof id === "string" && output.property === "children" && document.getElementById(id);
      if (place && (id === "frame" || id !== output.id)) {
        drawn[id] = { children: unreadState(place) };
      }
    });
    if (!Object.keys(drawn).length) {
      if (fault instanceof Response) {
        return fault;
      }
      throw fault;
    }
    isRefused = isRefused || (fault.status >= 400 && fault.status < 500 && fault.status !== 429);
    /* A page that is being left gives up its requests: nothing failed. */
    var wait = performance.now() - leaving < 10000 ? 10000 : 0;
    return new Promise(function (resolve) {
      setTimeout(function () {
        resolve(new Response(JSON.stringify({ multi: true, response: drawn }), {
          headers: { "Content-Type": "application/json" },
        }));
      }, wait);
    });
  }

  /* In the height of what stood there, unless that was a long table: the page stays where it is. */
  function unreadState(place) {
    var state = JSON.parse(document.getElementById("frame").dataset.unread);
    var height = Math.max(160, Math.min(place.offsetHeight, 360));
    state.props.nodes[0][1].style = { "--state-height": height + "px" };
    return state;
  }

  /* Asks once more for every box that was not read. What the server refused, and a page, only a new load can mend. */
  function askAgain() {
    var boxes = Array.from(document.querySelectorAll("[data-action=again]")).map(function (button) {
      return button.closest('[id*="box-body"]');
    });
    if (isRefused || boxes.indexOf(null) >= 0) {
      location.reload();
      return;
    }
    boxes.forEach(function (place) {
      var asked = { path: location.pathname, search: location.search, at: Date.now() };
      window.dash_clientside.set_props({ type: "box-query", box: JSON.parse(place.id).box }, { data: asked });
    });
  }

  /* Theme ------------------------------------------------------------------------------------------------- */

  function isDark() {
    var chosen = root.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function applyTheme() {
    root.dataset.mantineColorScheme = isDark() ? "dark" : "light";
    document.querySelectorAll("[data-action=theme]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(isDark()));
    });
    colours = {};
    redraw();
  }

  function toggleTheme() {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem(STORE, root.dataset.theme);
    } catch (error) {
      /* not stored: the choice lasts as long as the page */
    }
    applyTheme();
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);

  /* Charts: figures name colours as var(--token); they are resolved here, when plotly draws. -------------- */

  var colours = {};
  var probe = null;

  function resolve(name) {
    if (!colours[name]) {
      if (!probe) {
        probe = document.createElement("span");
        probe.hidden = true;
        document.body.appendChild(probe);
      }
      probe.style.color = "var(" + name + ")";
      colours[name] = getComputedStyle(probe).color;
    }
    return colours[name];
  }

  function coloured(value) {
    if (typeof value === "string") {
      return value.indexOf("var(--") < 0 ? value : value.replace(/var\((--[a-z0-9-]+)\)/g, function (whole, name) {
        return resolve(name);
      });
    }
    if (Array.isArray(value)) {
      /* Long arrays of numbers are data, not colours. */
      return typeof value[0] === "number" ? value : value.map(coloured);
    }
    if (value && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
      var copy = {};
      for (var key in value) {
        copy[key] = key === "x" || key === "y" || key === "customdata" ? value[key] : coloured(value[key]);
      }
      return copy;
    }
    return value;
  }

  /* A narrow chart keeps only as many tick labels as fit, and names its lines in the legend above instead of
     beside their ends. */
  function fitted(layout, width) {
    var axis = layout.xaxis;
    var margin = layout.margin || {};
    if (!width) {
      return layout;
    }
    if (width < 480 && margin.r > 96) {
      margin.r = 12;
      layout.annotations = (layout.annotations || []).filter(function (note) {
        return !(note.xref === "paper" && note.x === 1) || note.name === "target";
      });
      layout.annotations.forEach(function (note) {
        if (note.name === "target") {
          Object.assign(note, { x: 0, xanchor: "left", xshift: 4, yanchor: "bottom", yshift: 2 });
        }
      });
    }
    if (!axis || !axis.ticktext) {
      return layout;
    }
    var room = width - (margin.l || 0) - (margin.r || 0);
    var longest = Math.max.apply(null, axis.ticktext.map(function (text) { return String(text).length; }));
    var shown = axis.ticktext.filter(Boolean).length;
    var step = Math.ceil((shown * (longest * 6.4 + 14)) / room);
    if (step > 1) {
      var place = 0;
      axis.ticktext = axis.ticktext.map(function (text) {
        return text && place++ % step === 0 ? text : "";
      });
    }
    return layout;
  }

  var sources = new WeakMap();

  function wrap(plotly) {
    var react = plotly.react;
    plotly.react = function (node, data, layout, config) {
      var figure = data && !Array.isArray(data) && data.data ? data : { data: data, layout: layout, config: config };
      if (figure.data || figure.layout) {
        sources.set(node, figure);
      }
      return react.call(plotly, node, {
        data: coloured(figure.data || []),
        layout: fitted(coloured(figure.layout || {}), node.clientWidth),
        frames: figure.frames,
        config: figure.config,
      });
    };
    return plotly;
  }

  function redraw() {
    if (!window.Plotly) {
      return;
    }
    document.querySelectorAll(".js-plotly-plot").forEach(function (node) {
      if (sources.has(node)) {
        window.Plotly.react(node, sources.get(node));
      }
    });
  }

  /* The bundle in vendor/ comes after this file: catch it as it is set, so that the first draw is ours too. */
  if (window.Plotly) {
    wrap(window.Plotly);
  } else {
    var held;
    Object.defineProperty(window, "Plotly", {
      configurable: true,
      get: function () { return held; },
      set: function (plotly) { held = wrap(plotly); },
    });
  }

  var width = window.innerWidth;
  var resized;
  window.addEventListener("resize", function () {
    clearTimeout(resized);
    resized = setTimeout(function () {
      if (window.innerWidth !== width) {
        width = window.innerWidth;
        redraw();
      }
    }, 160);
  });

  /* Table sort: moves rows by the cells' data-v; numbers as numbers, empty values last. ------------------- */

  function sortBy(button) {
    var head = button.closest("th");
    var table = button.closest("table");
    var body = table.tBodies[0];
    var column = head.cellIndex;
    var numeric = head.classList.contains("right");
    var before = head.getAttribute("aria-sort");
    /* Numbers begin with the largest, text with A. */
    var down = before === "ascending" || (before !== "descending" && numeric);
    table.querySelectorAll("th[aria-sort]").forEach(function (other) {
      other.setAttribute("aria-sort", "none");
    });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    var turn = down ? -1 : 1;
    Array.from(body.rows)
      .map(function (row, place) {
        var value = row.cells[column].dataset.v;
        return { row: row, place: place, value: numeric ? parseFloat(value) : (value || "") };
      })
      .sort(function (a, b) {
        if (numeric) {
          if (isNaN(a.value) || isNaN(b.value)) {
            return (isNaN(a.value) ? 1 : 0) - (isNaN(b.value) ? 1 : 0) || a.place - b.place;
          }
          return turn * (a.value - b.value) || a.place - b.place;
        }
        return turn * a.value.localeCompare(b.value) || a.place - b.place;
      })
      .forEach(function (entry) { body.appendChild(entry.row); });
  }

  /* Clicks ------------------------------------------------------------------------------------------------ */

  document.addEventListener("click", function (event) {
    var target = event.target;
    var button = target.closest("[data-action]");
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(target)) {
        menu.open = false;
      }
    });
    if (button) {
      act(button);
      return;
    }
    var row = target.closest("tr[data-href]");
    if (row && !target.closest("a, button, input") && !String(getSelection())) {
      var link = row.querySelector("a");
      if (link) {
        link.click();
      }
    }
  });

  function act(button) {
    switch (button.dataset.action) {
      case "theme":
        toggleTheme();
        break;
      case "sort":
        sortBy(button);
        break;
      case "twin":
        var on = button.closest(".panel").classList.toggle("is-table");
        button.setAttribute("aria-pressed", String(on));
        if (!on) {
          redraw();
        }
        break;
      case "filters":
        var open = button.closest(".filters").classList.toggle("is-open");
        button.setAttribute("aria-expanded", String(open));
        break;
      case "dialog":
        var opened = document.getElementById(button.dataset.target);
        if (opened) {
          opened.showModal();
        }
        break;
      case "again":
        askAgain();
        break;
      case "close":
        button.closest("dialog").close();
        break;
    }
  }

  /* Keys -------------------------------------------------------------------------------------------------- */

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach(function (menu) { menu.open = false; });
      document.querySelectorAll(".filters.is-open").forEach(function (bar) { bar.classList.remove("is-open"); });
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    var focused = document.activeElement;
    if (focused && focused.closest("tbody") && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      var row = focused.closest("tr");
      var next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
      var link = next && next.querySelector("a, button");
      if (link) {
        link.focus();
        event.preventDefault();
      }
      return;
    }
    if (focused && focused.closest("input, textarea, select, [contenteditable=true]") && focused.type !== "radio") {
      return;
    }
    if (event.key === "/") {
      var search = document.querySelector(
        "[data-search] input, input[data-search], .filters__menu input:not([type=hidden])");
      if (search) {
        show(search);
        search.focus();
        event.preventDefault();
      }
    } else if (event.key === "?") {
      var keys = document.getElementById("keys");
      if (keys && !keys.open) {
        keys.showModal();
      }
    } else {
      choosePeriod(event.key.toLowerCase());
    }
  });

  /* The filters lie in a menu, on a phone behind a chip too: what is not shown takes no focus. */
  function show(field) {
    var bar = field.closest(".filters");
    var menu = field.closest("details.menu");
    if (bar && !bar.querySelector(".filters__row").getClientRects().length) {
      act(bar.querySelector("[data-action=filters]"));
    }
    if (menu) {
      menu.open = true;
    }
  }

  /* D, W, M, Q, Y: the filter bar says which control and value each key stands for (data-keys). */
  function choosePeriod(key) {
    var bar = document.querySelector(".filters[data-keys]");
    var choice = bar && /^[a-z]$/.test(key) && JSON.parse(bar.dataset.keys)[key];
    /* What is closed to the mouse is closed to the keys. */
    if (choice && window.dash_clientside && !bar.querySelector('.seg input[value="' + choice[1] + '"]:disabled')) {
      window.dash_clientside.set_props({ type: "filter", key: choice[0] }, { value: choice[1] });
    }
  }

  /* Navigation: the entry of the page that is open, also after Dash changed the page without a load. ------ */

  function markNavigation() {
    var best = null;
    var links = document.querySelectorAll(".nav__link, .tabs__link");
    links.forEach(function (link) {
      var path = new URL(link.href, location.href).pathname;
      var fits = location.pathname === path || (path !== "/" && location.pathname.indexOf(path + "/") === 0);
      if (fits && (!best || path.length > best.length)) {
        best = path;
      }
    });
    links.forEach(function (link) {
      var active = best !== null && new URL(link.href, location.href).pathname === best;
      link.classList.toggle("nav__link--active", active);
      if (active) {
        link.setAttribute("aria-current", "page");
      } else {
        link.removeAttribute("aria-current");
      }
    });
  }

  ["popstate", "_dashprivate_pushstate", "_dashprivate_historychange"].forEach(function (name) {
    window.addEventListener(name, function () { setTimeout(markNavigation, 0); });
  });

  /* How many values the filter menu holds, said on its button. */
  function countFilters() {
    document.querySelectorAll(".filters__menu").forEach(function (menu) {
      var count = String(menu.querySelectorAll(".mantine-Pill-root").length || "");
      var badge = menu.querySelector(".filters__count");
      if (badge && badge.textContent !== count) {
        badge.textContent = count;
      }
    });
  }

  var marked = "";
  new MutationObserver(function () {
    /* The shell is drawn by Dash after this script: mark it once it is there, and after each change of page. */
    var state = location.pathname + document.querySelectorAll(".nav__link, .tabs__link").length;
    if (state !== marked) {
      marked = state;
      markNavigation();
    }
    countFilters();
  }).observe(document.documentElement, { childList: true, subtree: true });

  document.addEventListener("DOMContentLoaded", applyTheme);
})();
