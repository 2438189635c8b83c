import sys; print('{"skipped": "not written"}')
