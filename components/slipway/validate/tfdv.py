"""What validate uses of TFDV.

TFDV imports Apache Beam, which imports every Google Cloud client that lies beside it; these announce the end of Python
versions as warnings. Nothing else of the import is silenced.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)
    from tensorflow_data_validation import StatsOptions, infer_schema, validate_statistics
    from tensorflow_data_validation.statistics import stats_impl

__all__ = ["StatsOptions", "infer_schema", "stats_impl", "validate_statistics"]
