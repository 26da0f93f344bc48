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

  function element(node) {
    if (!Array.isArray(node)) {
      return node;
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
