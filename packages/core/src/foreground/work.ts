export * from '../solvers/work';
