# The inbound script: asks the shared routine and files the mail by its answer.
require ["include", "variables", "fileinto", "imap4flags"];
global "queue";
global "urgent";
set "queue" "";
set "urgent" "";
include :personal "classify";
if string :is "${urgent}" "yes" {
  addflag "\\Flagged";
}
fileinto "${queue}";
