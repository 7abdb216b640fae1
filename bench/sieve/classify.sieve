# The shared routine. Sieve has no arguments: it answers in global variables.
# "@VIP@" is replaced by the list of domains.
require ["include", "variables", "body"];
global "queue";
global "urgent";
if anyof (header :contains "subject" ["refund", "invoice"], body :text :contains ["refund", "invoice"]) {
  set "queue" "Billing";
} elsif anyof (header :contains "subject" ["password", "login"], body :text :contains ["password", "login"]) {
  set "queue" "Support";
} elsif anyof (header :contains "subject" "cancel", body :text :contains "cancel") {
  set "queue" "Retention";
} else {
  set "queue" "General";
}
if address :domain :is "from" ["@VIP@"] {
  set "urgent" "yes";
}
