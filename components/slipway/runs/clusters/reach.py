"""From a target to a service that answers: signing in, and forwarding a port where there is no address."""

import contextlib
from collections.abc import Iterator

from slipway.runs.clusters.forwarding import FORWARDING, address_of, forward_command, is_forwarded
from slipway.runs.clusters.service.pipeline_service import PipelineService
from slipway.runs.clusters.targets import Target
from slipway.runs.programs import background_program
from slipway.storage.retry import Patience
from slipway.storage.signing_in import CREDENTIALS, Credentials, Endpoint


def credentials_of(target: Target, host: str) -> Credentials:
    """Return what the target's requests are signed with; InputError names a missing secret, and never shows one."""
    return CREDENTIALS.get(target.sign_in).credentials(Endpoint(host=host, client_id=target.iap_client_id))


@contextlib.contextmanager
def connect_service(target: Target, patience: Patience | None = None) -> Iterator[PipelineService]:
    """Give the target's service; without the port of ``slipway cluster up``, one is forwarded for the block.

    Raises:
        InputError: kubectl is missing, or the service refuses.
        TransientError: nothing answers.
    """
    host = address_of(target)
    with contextlib.ExitStack() as stack:
        # Whatever else answers at this port may be another cluster.
        if not target.host and not is_forwarded(target):
            stack.enter_context(background_program(forward_command(target), FORWARDING))
        service = PipelineService(host, credentials_of(target, host), patience)
        service.is_multi_user()
        yield service
