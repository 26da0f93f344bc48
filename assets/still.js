/* The component that dashboard/still.py makes: elements nothing talks to, given to React as they are. */
(function () {
  "use strict";

  function follow(event) {
    if (event.metaKey || event.shiftKey || event.altKey || event.ctrlKey || event.currentTarget.target) {
      return;
    }
    event.preventDefault();
    window.history.pushState({}, "", event.currentTarget.href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }

  /* The rows of a plain table: a name and its numbers. */
  function rows(lines) {
    var create = React.createElement;
    var made = lines.map(function (line) {
      var cells = line.map(function (text, place) {
        return place ? create("td", { className: "right" }, text) : create("th", { scope: "row" }, text);
      });
      return create.apply(null, ["tr", null].concat(cells));
    });
    return create.apply(null, [React.Fragment, null].concat(made));
  }

  function element(node) {
    if (!Array.isArray(node)) {
      return node;
    }
    if (node[0] === "Rows") {
      return rows(node[1].rows);
    }
    var isLink = node[0] === "Link";
    var properties = node[1];
    if (properties.href !== undefined) {
      /* Dash's own check: an address that would run a script leads nowhere. */
      properties = Object.assign({}, properties, { href: window.dash_clientside.clean_url(properties.href) });
    }
    if (isLink) {
      properties = Object.assign({}, properties, { onClick: follow });
    }
    return React.createElement.apply(
      null, [isLink ? "a" : node[0], properties].concat(node.slice(2).map(element))
    );
  }

  function Still(given) {
    return React.createElement.apply(null, [React.Fragment, null].concat(given.nodes.map(element)));
  }

  window.podboard = { Still: Still };
})();
