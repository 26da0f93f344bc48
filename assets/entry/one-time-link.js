/* Takes the one-time token from behind the #, where no server and no log sees it, and out of the address bar. */
(function () {
  "use strict";
  var token = location.hash.slice(1);
  var field = document.getElementById("token");
  if (token) {
    field.value = token;
    history.replaceState(null, "", location.pathname);
  }
  if (field.value) {
    document.getElementById("token-field").hidden = true;
    document.getElementById("password").focus();
  }
})();
